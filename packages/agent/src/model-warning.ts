// What a provider warns of, as one sentence: each version of the interface has its own shapes for it.
import type { LanguageModelV2CallWarning, SharedV3Warning, SharedV4Warning } from '@ai-sdk/provider'

/** Words a provider's warning. */
export function warningText(warning: LanguageModelV2CallWarning | SharedV3Warning | SharedV4Warning): string {
  switch (warning.type) {
    case 'unsupported':
      return sentence(`The model does not support ${warning.feature}`, warning.details)
    case 'compatibility':
      return sentence(`The model takes ${warning.feature} in a compatible way only`, warning.details)
    case 'deprecated':
      return sentence(`${warning.setting} is deprecated`, warning.message)
    case 'unsupported-setting':
      return sentence(`The model does not support ${String(warning.setting)}`, warning.details)
    case 'unsupported-tool':
      return sentence(`The model does not support the tool ${warning.tool.name}`, warning.details)
    case 'other':
      return warning.message
  }
}

function sentence(what: string, details: string | undefined): string {
  return details === undefined || details === '' ? `${what}.` : `${what}: ${details}`
}
