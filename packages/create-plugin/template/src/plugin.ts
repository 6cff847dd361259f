// What this package contributes. Importing this file registers nothing; `index` does.
import { definePlugin } from '@retinue/kernel'
import { SampleThingConfig } from './config.ts' // with config
import { RecentSampleThing } from './context.ts' // with context
import { SampleThingSection } from './section.ts' // with section
import { sampleThingTools } from './tools.ts' // with tool

/** The plugin: keep name and version those of package.json. */
export const plugin = definePlugin({
  name: 'retinue-plugin-sample-thing',
  version: '0.1.0',
  contributes: [
    SampleThingConfig, // with config
    RecentSampleThing, // with context
    SampleThingSection, // with section
    sampleThingTools, // with tool
  ],
})
