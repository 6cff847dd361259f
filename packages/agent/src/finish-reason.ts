// How a model call or a run ended. A provider whose server closed the stream early still sends a last part, with a
// reason that says so; such an answer must never be taken for whole.
import type {
  LanguageModelV2FinishReason,
  LanguageModelV3FinishReason,
  LanguageModelV4FinishReason,
} from '@ai-sdk/provider'

/**
 * How a model call or a whole run ended. `tool-calls` ends a step only; `approval`, `stop-when`, `max-steps`,
 * `budget`, `aborted` and `error` end a run only. `length` and `content-filter` mean that the provider stopped the model before its own end.
 */
export type FinishReason =
  | 'stop'
  | 'length'
  | 'content-filter'
  | 'tool-calls'
  | 'approval'
  | 'stop-when'
  | 'max-steps'
  | 'budget'
  | 'aborted'
  | 'error'
  | 'other'

type Reported = LanguageModelV2FinishReason | LanguageModelV3FinishReason | LanguageModelV4FinishReason

/**
 * Reads the reason that a provider reports; `undefined` where it says that none was transmitted: `unknown` in
 * version 2, `other` without a raw reason in 3, `interrupted` in 4. Some servers name the end of a sequence: `eos`.
 */
export function readFinishReason(reported: Reported): FinishReason | undefined {
  if (typeof reported === 'string') return reported === 'unknown' ? undefined : known(reported)
  const { unified, raw } = reported
  if (unified === 'interrupted' || (unified === 'other' && raw === undefined)) return undefined
  return raw?.startsWith('eos') ? 'stop' : known(unified)
}

/** A reason that a later version of the interface adds is none of those that runs tell. */
function known(reason: string): FinishReason {
  return /^(stop|length|content-filter|tool-calls|error)$/.test(reason) ? (reason as FinishReason) : 'other'
}
