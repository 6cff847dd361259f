// A run from its first event to its last: it waits for its turn, opens an interaction, takes steps until the model
// answers or something stops it, and leaves a history that the next run can go on from.
import { type ChatSession, type InteractionContext, type Message, RetinueError } from '@retinue/kernel'
import { onAbort } from './abort-listener.ts'
import type { ApprovalAnswers, ApprovalRequest } from './approval.ts'
import { Budget, budgets, estimateCall } from './budget.ts'
import { CallIds } from './call-ids.ts'
import { EventStream } from './event-stream.ts'
import type { FinishReason } from './finish-reason.ts'
import { resolveModel } from './model.ts'
import { answerHistory, sayToHistory } from './opening.ts'
import { reasonOf } from './reason.ts'
import type { RunEvent } from './run-event.ts'
import type { RunInput } from './run-input.ts'
import { type RunOptions, settled, type SettledOptions } from './run-options.ts'
import { type StepScope, takeStep } from './step.ts'
import { startTimer, TimeLimitReached } from './time-limit.ts'
import { lineOf } from './turn-line.ts'
import { addUsage, noUsage, type Usage } from './usage.ts'

/** What a run comes to. */
export interface RunResult {
  /** The text of the last step: the answer. */
  readonly text: string
  /** `stop` where the model came to its own end. */
  readonly finishReason: FinishReason
  /** What all model calls of the run have used. */
  readonly usage: Usage
  /** How many model calls the run has made. */
  readonly steps: number
  /** Calls that wait for a yes, where `finishReason` is `approval`: answer them with `resume`. */
  readonly approvals: readonly ApprovalRequest[]
}

/** What a run begins with: something new from the user, or answers to what the last run asked. */
export type Opening =
  | { readonly message: Message; readonly input: RunInput }
  | { readonly answers: ApprovalAnswers }

/** One run of a session. */
export class Turn {
  readonly events = new EventStream()
  /** Rejects with what made the run fail; counts as handled where somebody reads the events, and so gets it. */
  readonly result: Promise<RunResult>
  readonly #session: ChatSession
  readonly #opening: Opening
  readonly #options: SettledOptions
  readonly #aborter = new AbortController()
  readonly #emit = (event: RunEvent): void => this.events.push(event)
  #steering: Message[] = []
  #isOver = false
  #budget: Budget | undefined
  #settle: ((actual: Usage) => void) | undefined
  #steps = 0
  #usage = noUsage
  #text = ''

  constructor(session: ChatSession, opening: Opening, options: RunOptions) {
    this.#session = session
    this.#opening = opening
    this.#options = settled(options)
    this.result = this.#play()
  }

  /** Stops the run; what was said until then is kept. */
  abort(reason?: unknown): void {
    if (!this.#isOver) this.#aborter.abort(reason)
  }

  /** Gives the run a message to read before its next step; refused where no step will follow. */
  steer(message: Message): boolean {
    if (this.#isOver) return false
    this.#steering.push(message)
    return true
  }

  async #play(): Promise<RunResult> {
    const { signal } = this.#aborter
    const unfollow = [this.#options.signal, this.#options.parent?.signal].map((outer) => follow(outer, this))
    try {
      const line = lineOf<Turn>(this.#session)
      const result = await line.hold(this, this.#options.onBusy, signal, () => this.#conduct())
      this.#finish(result.finishReason)
      this.events.end()
      return result
    } catch (thrown) {
      throw this.#fail(signal.aborted ? this.#aborted() : thrown)
    } finally {
      for (const each of unfollow) each()
    }
  }

  async #conduct(): Promise<RunResult> {
    const { signal } = this.#aborter
    signal.throwIfAborted()
    const found = resolveModel(this.#options.model ?? this.#session.agent?.model)
    const model = found instanceof Promise ? await found : found
    signal.throwIfAborted()
    const { provider, modelId } = model
    const input = 'input' in this.#opening ? this.#opening.input : undefined
    const interaction = this.#session.interact({ input, signal })
    // Whoever ends the interaction, or closes the session, ends the run.
    const unfollow = follow(interaction.signal, this)
    const timer = this.#startBudget(interaction)
    try {
      this.#emit({
        type: 'run-start',
        runId: interaction.id,
        sessionId: this.#session.id,
        model: { provider, modelId },
      })
      const { maxRetries, retryDelayMs, toolTimeoutMs, maxParallelTools, approve, settings } = this.#options
      const scope: StepScope = {
        session: this.#session,
        interaction,
        model,
        settings,
        signal,
        toolTimeoutMs,
        maxParallelTools,
        retry: { maxRetries, delayMs: retryDelayMs },
        approve,
        answers: undefined,
        callIds: new CallIds(),
        noticed: new Set(),
        emit: this.#emit,
        heard: ({ text, usage }) => this.#hear(text, usage),
      }
      return await this.#takeSteps(scope)
    } finally {
      this.#isOver = true
      clearTimeout(timer)
      unfollow()
      interaction.end()
    }
  }

  async #takeSteps(scope: StepScope): Promise<RunResult> {
    if ('message' in this.#opening) this.#say([this.#opening.message])
    else {
      const pending = await answerHistory(scope, this.#opening.answers)
      scope.signal.throwIfAborted()
      if (pending.length > 0) return this.#end('approval', pending)
    }
    for (;;) {
      if (this.#steps >= this.#options.maxSteps) return this.#end('max-steps')
      if (!this.#reserve(scope)) return this.#end('budget')
      const step = ++this.#steps
      this.#emit({ type: 'step-start', step })
      const { finishReason, usage, pending } = await takeStep(scope, step)
      scope.signal.throwIfAborted()
      this.#emit({ type: 'step-finish', step, finishReason, usage })
      if (this.#steering.length > 0) {
        // Whoever steers goes on without answering what was asked.
        const said = this.#steering
        this.#steering = []
        this.#say(said)
      } else if (pending.length > 0) return this.#end('approval', pending)
      else if (finishReason !== 'tool-calls') return this.#end(finishReason)
    }
  }

  #say(said: readonly Message[]): void {
    const count = sayToHistory(this.#session, said)
    if (count === 0) return
    const message = `${count} tool call(s) that had no result were closed with one that says so.`
    this.#emit({ type: 'warning', about: 'history', message })
  }

  #startBudget(interaction: InteractionContext): ReturnType<typeof startTimer> {
    const { budget = {}, parent } = this.#options
    budgets.set(interaction, (this.#budget = new Budget(budget, parent && budgets.get(parent))))
    const { timeMs = Infinity } = budget
    return startTimer(timeMs, () => this.abort(new TimeLimitReached(timeMs)))
  }

  /** Reserves what the next model call is likely to use; tells whether it fits. */
  #reserve({ session, interaction, settings }: StepScope): boolean {
    const estimate = this.#budget!.needsEstimate
      ? estimateCall(session, session.prompt({ interaction }).tokens, settings?.maxOutputTokens)
      : noUsage
    this.#settle = this.#budget!.reserve(estimate)
    return this.#settle !== undefined
  }

  #hear(text: string, usage: Usage): void {
    // A call that broke off does not say what it has used: the estimate stands.
    if (usage !== noUsage) this.#settle?.(usage)
    this.#text = text
    this.#usage = addUsage(this.#usage, usage)
    this.#emit({ type: 'usage', step: this.#steps, usage, total: this.#usage })
  }

  #end(finishReason: FinishReason, approvals: readonly ApprovalRequest[] = []): RunResult {
    this.#isOver = true
    return { text: this.#text, finishReason, usage: this.#usage, steps: this.#steps, approvals }
  }

  #finish(finishReason: FinishReason): void {
    const [text, usage, steps] = [this.#text, this.#usage, this.#steps]
    this.#emit({ type: 'finish', finishReason, text, usage, steps })
  }

  #fail(thrown: unknown): RetinueError {
    this.#isOver = true
    const error = thrown instanceof RetinueError ? thrown : unforeseen(thrown)
    const { code, message } = error
    this.#emit({ type: 'error', code, message, error })
    this.#finish(code === 'RETINUE_RUN_ABORTED' ? 'aborted' : 'error')
    // Whoever reads the events gets the error there: it must not end the process as well.
    if (this.events.isRead) this.result.catch(() => {})
    this.events.end({ error })
    return error
  }

  #aborted(): RetinueError {
    const { reason } = this.#aborter.signal
    const why = reason instanceof Error && reason.name === 'AbortError' ? '' : `: ${reasonOf(reason)}`
    return new RetinueError('RETINUE_RUN_ABORTED', `The run was aborted${why}.`, {
      hint: 'What was said until then is in the history.',
      details: { steps: this.#steps },
      cause: reason,
    })
  }
}

function unforeseen(cause: unknown): RetinueError {
  return new RetinueError('RETINUE_RUN_FAILED', `The run failed: ${reasonOf(cause)}`, { cause })
}

/** Aborts a run when a signal does; gives what undoes it. */
function follow(signal: AbortSignal | undefined, turn: Turn): () => void {
  return signal === undefined ? () => {} : onAbort(signal, () => turn.abort(signal.reason))
}
