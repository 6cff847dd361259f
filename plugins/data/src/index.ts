// The entry of the package: importing it registers the plugin, with the workspace's on which it stands, and types dot
// access to what it contributes. All else is pure; import './data.ts' alone has no effect.
import '@retinue/plugin-workspace'
import { register } from '@retinue/kernel'
import { type data, type DataConfig, type DataFiles, type DataSection, plugin } from './data.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    data: DataConfig
  }
  interface ContextTypes {
    dataFiles: DataFiles
  }
  interface SectionTypes {
    data: DataSection
  }
  interface ToolsetTypes {
    data: typeof data
  }
}

register(plugin)

export { errorCodes, type DataErrorCode } from './errors.ts'
export * from './data.ts'
