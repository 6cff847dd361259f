// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './random.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { plugin, type random, type RandomConfig, type RandomState } from './random.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    random: RandomConfig
  }
  interface ContextTypes {
    randomState: RandomState
  }
  interface ToolsetTypes {
    random: typeof random
  }
}

register(plugin)

export { errorCodes, type RandomErrorCode } from './errors.ts'
export * from './random.ts'
