// What a scripted model can be told to do in one call.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'

/** A request, as it was when it came; the signal alone lives. */
export type ScriptedRequest = LanguageModelV4CallOptions

/**
 * What the model does in one call: says a text or an answer, fails before it says a word, gives raw parts of a stream
 * as they come, or does what a function of the request gives (now, or when its promise resolves).
 */
export type ScriptedStep =
  | string
  | ScriptedAnswer
  | Error
  | Iterable<object>
  | AsyncIterable<object>
  | ((request: ScriptedRequest) => ScriptedStep | PromiseLike<ScriptedStep>)

/** An answer in short. */
export interface ScriptedAnswer {
  readonly reasoning?: string
  readonly text?: string
  readonly calls?: readonly ScriptedCall[]
  /** @default 'tool-calls' with calls, 'stop' without */
  readonly finish?: 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'other' | 'error'
  /** Tokens in and out. @default [10, 5] */
  readonly usage?: readonly [input: number, output: number]
  /** Breaks the stream off after what is said: silently, or with an error. */
  readonly cut?: true | Error
}

/** A call of a tool. */
export interface ScriptedCall {
  /** The name under which the tool is published. */
  readonly tool: string
  /** A text is sent as it is: JSON that is broken, for example. @default {} */
  readonly input?: unknown
  /** @default 'call-<request>-<position>', counted from 1 */
  readonly id?: string
}
