// What a provider warns of, as one sentence: each version of the interface has its own shapes for it.
import type { LanguageModelV2CallWarning, SharedV3Warning, SharedV4Warning } from '@ai-sdk/provider'

type Warning = LanguageModelV2CallWarning | SharedV3Warning | SharedV4Warning

/** Words a provider's warning. */
export function warningText(warning: Warning): string {
  if (warning.type === 'other') return warning.message
  const { type, feature, setting, tool, message, details = message } = warning as AnyWarning
  const what =
    type === 'deprecated'
      ? `${setting} is deprecated`
      : type === 'compatibility'
        ? `The model takes ${feature} in a compatible way only`
        : `The model does not support ${feature ?? setting ?? `the tool ${tool!.name}`}`
  return details ? `${what}: ${details}` : `${what}.`
}

interface AnyWarning {
  readonly type: string
  readonly feature?: string
  readonly setting?: string
  readonly tool?: { readonly name: string }
  readonly message?: string
  readonly details?: string
}
