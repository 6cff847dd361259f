// What a run cost in tokens: one shape for the three versions of the provider interface, and sums of it.
// Providers leave out what they don't know; here that is 0, so that sums and budgets need no special case.
import type { LanguageModelV2Usage, LanguageModelV4Usage } from '@ai-sdk/provider'

/** Tokens that a model call, or a run of several, has used. What a provider does not report counts as 0. */
export interface Usage {
  /** Everything that was sent, whether or not a cache had it. */
  readonly inputTokens: number
  /** Everything that came back, reasoning included. */
  readonly outputTokens: number
  readonly totalTokens: number
  /** The share of `inputTokens` that came from the provider's prompt cache. */
  readonly cacheReadTokens: number
  /** The share of `inputTokens` that was written to the provider's prompt cache. */
  readonly cacheWriteTokens: number
  /** The share of `outputTokens` that was reasoning. */
  readonly reasoningTokens: number
}

/** Nothing used. */
export const noUsage: Usage = Object.freeze({
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
})

/** Adds two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
  }
}

/** Reads the usage that a provider reports: plain numbers in version 2, nested ones in 3 and 4. */
export function readUsage(reported: LanguageModelV2Usage | LanguageModelV4Usage | undefined): Usage {
  if (reported === undefined) return noUsage
  const { inputTokens: input, outputTokens: output } = reported
  if (typeof input === 'object' && typeof output === 'object') {
    const inputTokens = input.total ?? (input.noCache ?? 0) + (input.cacheRead ?? 0) + (input.cacheWrite ?? 0)
    const outputTokens = output.total ?? (output.text ?? 0) + (output.reasoning ?? 0)
    return {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      cacheReadTokens: input.cacheRead ?? 0,
      cacheWriteTokens: input.cacheWrite ?? 0,
      reasoningTokens: output.reasoning ?? 0,
    }
  }
  const flat = reported as LanguageModelV2Usage
  const inputTokens = flat.inputTokens ?? 0
  const outputTokens = flat.outputTokens ?? 0
  return {
    inputTokens,
    outputTokens,
    totalTokens: flat.totalTokens ?? inputTokens + outputTokens,
    cacheReadTokens: flat.cachedInputTokens ?? 0,
    cacheWriteTokens: 0,
    reasoningTokens: flat.reasoningTokens ?? 0,
  }
}
