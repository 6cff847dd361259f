// One model call: made, read to its end, and made again where it failed before a word was said and the failure is
// likely to pass. A stream is whole only if its provider says so in its last part.
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { RetinueError } from '@retinue/kernel'
import { type Model, nameOf } from './model.ts'
import type { ModelAnswer, StreamPart } from './model-answer.ts'
import { reasonOf } from './reason.ts'
import { retryDelay, type RetryPolicy } from './retry.ts'
import type { RunScope } from './run-scope.ts'
import { type Limit, pause, withinLimit } from './time-limit.ts'

/**
 * Calls the model and fills the answer.
 * @throws {RETINUE_MODEL_FAILED} when the provider fails for good before anything is said.
 * @throws {RETINUE_STREAM_CUT} when it fails later, or its stream ends before the answer does.
 */
export function callModel(
  model: Model,
  request: LanguageModelV4CallOptions,
  answer: ModelAnswer,
  scope: RetryPolicy & Pick<RunScope, 'emit'>,
  attempt = 1,
): Promise<void> {
  const signal = request.abortSignal!
  return readAnswer(model, request, answer, signal).catch(async (error: unknown) => {
    if (signal.aborted) throw error
    const delay = answer.isEmpty ? retryDelay(error, attempt, scope) : undefined
    if (delay === undefined) throw answer.isEmpty ? failed(model, error, attempt) : cut(model, error)
    const message = `${nameOf(model)} failed (${reasonOf(error)}); attempt ${attempt + 1} in ${Math.round(delay)} ms.`
    scope.emit({ type: 'warning', about: 'retry', message })
    answer.restart()
    await pause(delay, signal)
    return callModel(model, request, answer, scope, attempt + 1)
  })
}

function readAnswer(
  model: Model,
  request: LanguageModelV4CallOptions,
  answer: ModelAnswer,
  signal: AbortSignal,
): Promise<void> {
  let reader: ReadableStreamDefaultReader<StreamPart> | undefined
  const read = async (limit: Limit): Promise<void> => {
    // The versions differ in types of files and results only, and those are in the form that this model takes.
    const { stream } = await (model as LanguageModelV4).doStream(request)
    // A provider may be slow to notice the signal, or never do: what it opens too late is not read.
    if (limit.isReached) return stream.cancel(signal.reason)
    reader = stream.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done || limit.isReached) break
      answer.take(value)
    }
    if (answer.finishReason === undefined) throw cut(model)
    if (answer.finishReason !== 'error') return
    // Another try often helps: Gemini ends an answer so where its model has written a call that can't be read.
    const why = `the provider ended it with ${answer.rawReason ?? 'an error'}`
    throw Object.assign(new Error(why), { isRetryable: true })
  }
  return withinLimit(Infinity, signal, read).catch((error: unknown) => {
    // Later: a provider that hears the signal ends its stream itself, and a cancelled one may reject where nobody hears it.
    setTimeout(() => reader?.cancel(signal.reason).catch(() => {}))
    throw error
  })
}

function failed(model: Model, error: unknown, attempts: number): unknown {
  if (error instanceof RetinueError) return error
  const tries = attempts === 1 ? '' : ` (after ${attempts} attempts)`
  const { statusCode } = (error ?? {}) as { statusCode?: unknown }
  return new RetinueError('RETINUE_MODEL_FAILED', `${nameOf(model)} failed${tries}: ${reasonOf(error)}`, {
    details: { provider: model.provider, modelId: model.modelId, attempts, statusCode },
    cause: error,
  })
}

function cut(model: Model, error?: unknown): RetinueError {
  const why = error === undefined || error instanceof RetinueError ? '' : `: ${reasonOf(error)}`
  return new RetinueError(
    'RETINUE_STREAM_CUT',
    `${nameOf(model)} broke off before its answer was whole${why.replace(/\.$/, '')}.`,
    {
      hint: 'What was said until then is in the history, marked as partial.',
      details: { provider: model.provider, modelId: model.modelId },
      cause: error,
    },
  )
}
