// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './clock.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { type clock, type ClockConfig, type ClockSection, plugin } from './clock.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    clock: ClockConfig
  }
  interface SectionTypes {
    clock: ClockSection
  }
  interface ToolsetTypes {
    clock: typeof clock
  }
}

register(plugin)

export { errorCodes, type ClockErrorCode } from './errors.ts'
export * from './clock.ts'
