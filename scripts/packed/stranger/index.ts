// The entry of the stranger's plugin: types for dot access, and the one effect.
import { register } from '@retinue/kernel'
import {
  plugin,
  type Conversions,
  type Precision,
  type rounding,
  type units,
  type UnitsConfig,
  type UnitsSection,
} from './units.js'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    units: UnitsConfig
  }
  interface ContextTypes {
    conversions: Conversions
    precision: Precision
  }
  interface SectionTypes {
    units: UnitsSection
  }
  interface ToolsetTypes {
    units: typeof units
    rounding: typeof rounding
  }
}

register(plugin)

export * from './units.js'
