// What the clerk can do, and what only the page knows.
import { definePlugin, defineTool, defineToolset, register, Type } from '@retinue/kernel'

const trains = defineToolset('trains', {
  tools: {
    departures: defineTool({
      description: 'Tells when the next trains leave a city.',
      input: Type.Object({ city: Type.String({ description: 'The city.' }) }),
      effect: 'pure',
      execute: ({ city }) => `From ${city}: 9:04 to Lyon, 9:40 to Turin.`,
    }),
    book: defineTool({
      description: 'Books a seat to a city.',
      input: Type.Object({ city: Type.String({ description: 'The city.' }) }),
      approval: true,
      execute: ({ city }) => `A seat to ${city} is yours.`,
    }),
  },
})
// Those of a toolset named `page` are answered by the page.
const ofPage = defineToolset('page', {
  tools: {
    place: defineTool({
      description: 'Tells in which city the person is.',
      input: Type.Object({}),
      approval: true,
      execute: () => 'The page does not say.',
    }),
  },
})
register(definePlugin({ name: '@example/trains', version: '1.0.0', contributes: [trains, ofPage] }))
