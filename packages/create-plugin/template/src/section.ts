// What the model is told. Its stability says how seldom its text changes: 'static' never, 'session' when something that is
// stored does, 'turn' each time. The more of it stays the same, the more of the prompt providers keep cached.
import { Section } from '@retinue/kernel'
import { RecentSampleThing } from './context.ts' // with context

/** Tells the model what was said. */
export class SampleThingSection extends Section(
  'sample_thing',
  {},
  {
    stability: 'session', // with context
    // without context: stability: 'static',
    needs: [RecentSampleThing], // with context
    template({ context }) { // with context
      const latest = context.recentSampleThing?.latest // with context
      return latest === undefined ? 'Nothing was said yet.' : `Said last: ${JSON.stringify(latest)}.` // with context
    }, // with context
    // without context: template: 'Say what you are asked to.',
  },
) {}
