// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './think.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { plugin, type think, type ThinkSection } from './think.ts'

declare module '@retinue/kernel' {
  interface SectionTypes {
    think: ThinkSection
  }
  interface ToolsetTypes {
    think: typeof think
  }
}

register(plugin)

export * from './think.ts'
