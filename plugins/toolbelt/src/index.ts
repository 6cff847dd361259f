// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './toolbelt.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { plugin, type toolbelt, type ToolbeltConfig, type ToolbeltSection } from './toolbelt.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    toolbelt: ToolbeltConfig
  }
  interface SectionTypes {
    toolbelt: ToolbeltSection
  }
  interface ToolsetTypes {
    toolbelt: typeof toolbelt
  }
}

register(plugin)

export { errorCodes, type ToolbeltErrorCode } from './errors.ts'
export * from './toolbelt.ts'
