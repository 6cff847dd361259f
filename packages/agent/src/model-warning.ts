// What a provider warns of, as one sentence: each version of the interface has its own shapes for it.
import type { LanguageModelV2CallWarning, SharedV3Warning, SharedV4Warning } from '@ai-sdk/provider'

type Warning = LanguageModelV2CallWarning | SharedV3Warning | SharedV4Warning

/** Words a provider's warning. */
export function warningText(warning: Warning): string {
  switch (warning.type) {
    case 'unsupported':
      return sentence(unsupported + warning.feature, warning.details)
    case 'compatibility':
      return sentence(`The model takes ${warning.feature} in a compatible way only`, warning.details)
    case 'deprecated':
      return sentence(`${warning.setting} is deprecated`, warning.message)
    case 'unsupported-setting':
      return sentence(unsupported + String(warning.setting), warning.details)
    case 'unsupported-tool':
      return sentence(`${unsupported}the tool ${warning.tool.name}`, warning.details)
    case 'other':
      return warning.message
  }
}

const unsupported = 'The model does not support '

function sentence(what: string, details: string | undefined): string {
  return details ? `${what}: ${details}` : `${what}.`
}
