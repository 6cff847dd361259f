// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './delegate.ts' alone has no effect.
import { register } from '@retinue/kernel'
import {
  type assist,
  type AssistSection,
  type clone,
  plugin,
  type team,
  type TeamSection,
} from './delegate.ts'
import type { DelegateConfig, Delegations } from './delegation.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    delegate: DelegateConfig
  }
  interface ContextTypes {
    delegations: Delegations
  }
  interface SectionTypes {
    assist: AssistSection
    team: TeamSection
  }
  interface ToolsetTypes {
    assist: typeof assist
    clone: typeof clone
    team: typeof team
  }
}

register(plugin)

export { introduce, type Introduction, type Role } from './colleagues.ts'
export { errorCodes, type DelegateErrorCode } from './errors.ts'
export * from './delegate.ts'
export { DelegateConfig, Delegations } from './delegation.ts'
