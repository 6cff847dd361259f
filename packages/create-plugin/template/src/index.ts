// The entry: importing it registers the plugin, and types dot access to what it contributes. Keep all else pure.
import { register } from '@retinue/kernel'
import type { SampleThingConfig } from './config.ts' // with config
import type { RecentSampleThing } from './context.ts' // with context
import { plugin } from './plugin.ts'
import type { SampleThingSection } from './section.ts' // with section
import type { sampleThingTools } from './tools.ts' // with tool

declare module '@retinue/kernel' {
  interface ConfigTypes { // with config
    sampleThing: SampleThingConfig // with config
  } // with config
  interface ContextTypes { // with context
    recentSampleThing: RecentSampleThing // with context
  } // with context
  interface SectionTypes { // with section
    sampleThing: SampleThingSection // with section
  } // with section
  interface ToolsetTypes { // with tool
    sampleThing: typeof sampleThingTools // with tool
  } // with tool
}

register(plugin)

export * from './agent.ts' // with agent
export * from './config.ts' // with config
export * from './context.ts' // with context
export * from './plugin.ts'
export * from './section.ts' // with section
export * from './tools.ts' // with tool
