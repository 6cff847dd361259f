// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './web-search.ts' alone has no effect.
import { register } from '@retinue/kernel'
import {
  plugin,
  type SearchResults,
  type webSearch,
  type WebSearchConfig,
  type WebSearchSection,
} from './web-search.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    webSearch: WebSearchConfig
  }
  interface ContextTypes {
    searchResults: SearchResults
  }
  interface SectionTypes {
    webSearch: WebSearchSection
  }
  interface ToolsetTypes {
    webSearch: typeof webSearch
  }
}

register(plugin)

export { errorCodes, type WebSearchErrorCode } from './errors.ts'
export * from './web-search.ts'
