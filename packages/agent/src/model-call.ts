// One model call: made, read to its end, and made again where it failed before a word was said and the failure is
// likely to pass. A stream is whole only if its provider says so in its last part.
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { RetinueError } from '@retinue/kernel'
import { onAbort } from './abort-listener.ts'
import { type Model, nameOf } from './model.ts'
import type { ModelAnswer, StreamPart } from './model-answer.ts'
import { reasonOf } from './reason.ts'
import { retryDelay, type RetryPolicy } from './retry.ts'
import type { RunScope } from './run-scope.ts'
import { pause, withinLimit } from './time-limit.ts'

/**
 * Calls the model and fills the answer.
 * @throws {RETINUE_MODEL_FAILED} when the provider fails for good before anything is said.
 * @throws {RETINUE_STREAM_CUT} when it fails later, or its stream ends before the answer does.
 */
export async function callModel(
  model: Model,
  request: LanguageModelV4CallOptions,
  answer: ModelAnswer,
  scope: RetryPolicy & Pick<RunScope, 'emit'>,
): Promise<void> {
  const signal = request.abortSignal!
  for (let attempt = 1; ; attempt++) {
    try {
      await readAnswer(model, request, answer, signal)
      return
    } catch (error) {
      if (signal.aborted) throw error
      const delay = answer.isEmpty ? retryDelay(error, attempt, scope) : undefined
      if (delay === undefined) throw answer.isEmpty ? failed(model, error, attempt) : cut(model, error)
      const message = `${nameOf(model)} failed (${reasonOf(error)}); attempt ${attempt + 1} in ${Math.round(delay)} ms.`
      scope.emit({ type: 'warning', about: 'retry', message })
      answer.restart()
      await pause(delay, signal)
    }
  }
}

async function readAnswer(
  model: Model,
  request: LanguageModelV4CallOptions,
  answer: ModelAnswer,
  signal: AbortSignal,
): Promise<void> {
  let opening: Promise<Opened> | undefined
  let stream: Opened['stream']
  try {
    // The versions differ in types of files and results only, and those are in the form that this model takes.
    const open = (): Promise<Opened> =>
      (opening = Promise.resolve((model as LanguageModelV4).doStream(request)))
    stream = (await withinLimit(Infinity, signal, open)).stream
  } catch (error) {
    // A provider may be slow to notice the signal, or never do: what it opens too late is not read.
    opening?.then((late) => late.stream.cancel(signal.reason)).catch(() => {})
    throw error
  }
  const reader = stream.getReader()
  let isCancelled = false
  const cancel = (): void => {
    isCancelled = true
    void reader.cancel(signal.reason).catch(() => {})
  }
  const unlisten = onAbort(signal, cancel)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || isCancelled) break
      answer.take(value)
    }
  } catch (error) {
    cancel()
    throw error
  } finally {
    unlisten()
  }
  signal.throwIfAborted()
  if (answer.finishReason === undefined) throw cut(model)
  if (answer.finishReason === 'error') throw new Error('the provider ended it with an error')
}

interface Opened {
  readonly stream: ReadableStream<StreamPart>
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
      hint: 'What was said until then, if anything, is in the history, marked as partial.',
      details: { provider: model.provider, modelId: model.modelId },
      cause: error,
    },
  )
}
