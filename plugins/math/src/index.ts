// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './math.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { type math, type MathSection, plugin } from './math.ts'

declare module '@retinue/kernel' {
  interface SectionTypes {
    math: MathSection
  }
  interface ToolsetTypes {
    math: typeof math
  }
}

register(plugin)

export { errorCodes, type MathErrorCode } from './errors.ts'
export * from './math.ts'
