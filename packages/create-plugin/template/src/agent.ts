// An agent that is ready to use, for applications that want no more than that.
import { AgentConfig } from '@retinue/kernel'

/** Makes an agent that has what this plugin brings. */
export function createSampleThingAgent(options: { readonly model?: string | object } = {}): AgentConfig {
  return new AgentConfig({
    ...options,
    name: 'sample_thing',
    instructions: 'You say things. Be brief.',
    tools: ['sample_thing'], // with tool
  })
}
