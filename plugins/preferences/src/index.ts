// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './preferences.ts' alone has no effect.
import { register } from '@retinue/kernel'
import {
  plugin,
  type preferences,
  type PreferencesConfig,
  type PreferencesSection,
  type UserPreferences,
} from './preferences.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    preferences: PreferencesConfig
  }
  interface ContextTypes {
    userPreferences: UserPreferences
  }
  interface SectionTypes {
    preferences: PreferencesSection
  }
  interface ToolsetTypes {
    preferences: typeof preferences
  }
}

register(plugin)

export { errorCodes, type PreferencesErrorCode } from './errors.ts'
export * from './preferences.ts'
