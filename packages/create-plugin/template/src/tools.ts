// The tools that an agent gets by listing 'sample_thing', and what has to be there for them.
import { defineTool, defineToolset, Type } from '@retinue/kernel'
import { SampleThingConfig } from './config.ts' // with config
import { RecentSampleThing } from './context.ts' // with context
import { SampleThingSection } from './section.ts' // with section

/** The tools. */
export const sampleThingTools = defineToolset('sample_thing', {
  needs: [
    SampleThingConfig, // with config
    RecentSampleThing, // with context
    SampleThingSection, // with section
  ],
  tools: {
    echo: defineTool({
      description: 'Says a text back.',
      input: Type.Object({ text: Type.String({ minLength: 1, description: 'What to say.' }) }),
      // without context: effect: 'pure',
      effect: 'once', // with context
      execute({ text }, run) {
        run.signal.throwIfAborted()
        // without config: const said = text
        const said = run.config.$get(SampleThingConfig).loud ? text.toUpperCase() : text // with config
        const recent = run.home.context.$get(RecentSampleThing) // with context
        recent.texts = [...recent.texts, said].slice(-20) // with context
        return said
      },
    }),
  },
})
