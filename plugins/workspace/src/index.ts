// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './workspace.ts' alone has no effect.
import { register } from '@retinue/kernel'
import {
  plugin,
  type RecentFiles,
  type workspace,
  type WorkspaceConfig,
  type WorkspaceSection,
} from './workspace.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    workspace: WorkspaceConfig
  }
  interface ContextTypes {
    recentFiles: RecentFiles
  }
  interface SectionTypes {
    workspace: WorkspaceSection
  }
  interface ToolsetTypes {
    workspace: typeof workspace
  }
}

register(plugin)

export { errorCodes, type WorkspaceErrorCode } from './errors.ts'
export * from './workspace.ts'
