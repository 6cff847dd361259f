// The agent: what it is told, the toolsets that it has, and its model. Plugins come by being imported.
import '@retinue/plugin-clock'
import { offlineModel } from '@retinue/agent'

export const guide = {
  name: 'guide',
  model: process.env['RETINUE_MODEL'] || offlineModel(),
  instructions: 'You are a guide. Answer briefly, and say where you have it from.',
  tools: ['clock'],
}
