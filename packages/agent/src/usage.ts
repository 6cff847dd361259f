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
export const noUsage: Usage = Object.freeze(readUsage(undefined))

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
  const { inputTokens: input, outputTokens: output } = (reported ?? {}) as Partial<LanguageModelV4Usage>
  const isNested = typeof input === 'object' && typeof output === 'object'
  return isNested ? nestedUsage(input, output) : flatUsage((reported ?? {}) as Partial<LanguageModelV2Usage>)
}

function nestedUsage(
  input: Partial<LanguageModelV4Usage['inputTokens']> | null,
  output: Partial<LanguageModelV4Usage['outputTokens']> | null,
): Usage {
  const [cacheReadTokens, cacheWriteTokens] = [count(input?.cacheRead), count(input?.cacheWrite)]
  const reasoningTokens = count(output?.reasoning)
  const inputTokens = count(input?.total ?? count(input?.noCache) + cacheReadTokens + cacheWriteTokens)
  const outputTokens = count(output?.total ?? count(output?.text) + reasoningTokens)
  const totalTokens = inputTokens + outputTokens
  return { inputTokens, outputTokens, totalTokens, cacheReadTokens, cacheWriteTokens, reasoningTokens }
}

function flatUsage(flat: Partial<LanguageModelV2Usage>): Usage {
  const usage = nestedUsage(
    { total: flat.inputTokens, cacheRead: flat.cachedInputTokens },
    { total: flat.outputTokens, reasoning: flat.reasoningTokens },
  )
  return { ...usage, totalTokens: count(flat.totalTokens) || usage.totalTokens }
}

/** What is no count (servers send `null`, and worse) is nothing known: an answer is not lost for it. */
function count(reported: number | null | undefined): number {
  return typeof reported === 'number' && reported > 0 && reported < Infinity ? reported : 0
}
