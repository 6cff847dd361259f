// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './web-fetch.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { plugin, type webFetch, type WebFetchConfig, type WebPages } from './web-fetch.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    webFetch: WebFetchConfig
  }
  interface ContextTypes {
    webPages: WebPages
  }
  interface ToolsetTypes {
    webFetch: typeof webFetch
  }
}

register(plugin)

export { errorCodes, type WebFetchErrorCode } from './errors.ts'
export * from './web-fetch.ts'
