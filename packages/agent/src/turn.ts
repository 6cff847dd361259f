// A run from its first event to its last: it waits for its turn, opens an interaction, takes steps until the model
// answers or something stops it, and leaves a history that the next run can go on from.
import {
  type ChatSession,
  type InteractionContext,
  type Message,
  RetinueError,
  type Signal,
} from '@retinue/kernel'
import { onAbort } from './abort-listener.ts'
import type { ApprovalAnswer, ApprovalAnswers, ApprovalRequest } from './approval.ts'
import { type Asker, askerOf } from './asker.ts'
import { CallIds } from './call-ids.ts'
import { EventStream } from './event-stream.ts'
import type { FinishReason } from './finish-reason.ts'
import { historyOf } from './history-view.ts'
import { Hooks } from './hooks.ts'
import { type Messages, messagesOf, type Place, sessionOf } from './messages.ts'
import { ModelChoice } from './model-choice.ts'
import { answerHistory } from './opening.ts'
import { enterRun, type OuterRun, outerRunOf } from './outer-run.ts'
import { OutputReader } from './output.ts'
import { Questions } from './questions.ts'
import { reasonOf } from './reason.ts'
import type { ModelName, RunEvent, ToolResultEvent, TurnEnded } from './run-event.ts'
import type { HookedRun } from './run-hooks.ts'
import { lastInput, nothingSaid, type RunInput } from './run-input.ts'
import { type RunOptions, settled, type SettledOptions } from './run-options.ts'
import type { RunResult } from './run-result.ts'
import type { RunScope } from './run-scope.ts'
import { Spending } from './spending.ts'
import { mend, takeStep } from './step.ts'
import { startTimer, TimeLimitReached } from './time-limit.ts'
import { isFailure } from './tool-output.ts'
import { lineOf, runBusy } from './turn-line.ts'
import type { Usage } from './usage.ts'

/** What a run begins with: something new from the user, or answers to what the last run asked. */
export type Opening =
  | { readonly message: Message; readonly input: RunInput }
  | { readonly answers: ApprovalAnswers }

/** One run of a session, or of an interaction within it. */
export class Turn {
  readonly events = new EventStream()
  /** Rejects with what made the run fail; counts as handled where somebody has read events, or has aborted the run. */
  readonly result: Promise<RunResult<unknown>>
  readonly #place: Place
  readonly #session: ChatSession
  readonly #messages: Messages
  readonly #opening: Opening
  readonly #options: SettledOptions
  readonly #outer: OuterRun<Turn> | undefined
  readonly #questions: Questions
  readonly #callIds: CallIds
  readonly #output: OutputReader | undefined
  readonly #spending: Spending
  readonly #aborter = new AbortController()
  /** Those that hear of the run until its end. */
  #hooks: Hooks | undefined
  /** Set when the run begins, as is `#scope`. */
  #run: HookedRun | undefined
  #scope: RunScope | undefined
  /** The model of the session's agent, where the run has that one. */
  #agentModel: unknown
  /** Set when the budget's time is over. */
  #outOfTime: TimeLimitReached | undefined
  #steering: Message[] = []
  /** What the tools of this step gave, where `stopWhen` is to hear of it. */
  #results: ToolResultEvent[] = []
  #isOver = false
  #steps = 0
  #texts: readonly string[] = []

  constructor(place: Place, opening: Opening, options: RunOptions) {
    this.#place = place
    this.#session = sessionOf(place)
    this.#messages = messagesOf(place)
    this.#opening = opening
    this.#outer = outerRunOf(place, options.parent)
    const outer = this.#outer?.turn
    this.#options = settled(options, outer && outer.#options)
    this.#questions = outer === undefined ? new Questions() : outer.#questions
    this.#callIds = new CallIds(
      (id) => historyOf(this.#messages)?.hasId(id) === true,
      outer && outer.#callIds,
    )
    this.#output = options.output === undefined ? undefined : new OutputReader(options.output)
    const tell = (usage: Usage, model: ModelName): void =>
      this.#emit({ type: 'usage', step: this.#steps, model, usage, total: this.#spending.usage })
    const warnOf = (about: 'budget' | 'hook') => (message: string) =>
      this.#emit({ type: 'warning', about, message })
    this.#spending = new Spending(this.#options.budget, outer && outer.#spending, tell, warnOf('budget'))
    const { hooks } = this.#options
    this.#hooks = hooks.length === 0 ? undefined : new Hooks(hooks, this.#aborter.signal, warnOf('hook'))
    this.result = this.#play()
  }

  /** Stops the run; what was said until then is kept. */
  abort(reason?: unknown): void {
    if (!this.#isOver) this.#aborter.abort(reason)
  }

  /** Answers a question that this run, or one within it, waits with. */
  approve(toolCallId: string, answer: ApprovalAnswer): void {
    this.#questions.answer(toolCallId, answer)
  }

  /** Gives the run a message to read before its next step; refused where no step will follow. */
  steer(message: Message): boolean {
    if (this.#isOver) return false
    this.#steering.push(message)
    return true
  }

  readonly #emit = (event: RunEvent): void => {
    const run = this.#run
    if (event.type === 'finish' && run !== undefined) {
      const hooks = this.#hooks
      // What one of them fails with here is told before the end, and to none of them.
      this.#hooks = undefined
      hooks?.tell(event, run)
    }
    if (!this.events.push(event) || run === undefined) return
    if (event.type === 'tool-result' && this.#options.stopWhen !== undefined) this.#results.push(event)
    if (this.#outer !== undefined) {
      const { turn, toolCallId } = this.#outer
      const runId = run.interaction.id
      turn.#emit({ type: 'child', runId, ...(toolCallId !== undefined && { toolCallId }), event })
    }
    this.#hooks?.tell(event, run)
  }

  async #play(): Promise<RunResult<unknown>> {
    const { signal } = this.#aborter
    const unfollow: (() => void)[] = []
    try {
      for (const outer of [this.#options.signal, ...(this.#outer?.signals ?? [])])
        if (outer !== undefined) unfollow.push(follow(outer, this))
      if (this.#waitsForItself()) throw runBusy('This run is within the one that has the turn')
      const line = lineOf<Turn>(this.#place)
      const waiting = line.enter(this, this.#options.onBusy, signal)
      if (waiting !== undefined) await waiting
      let result: RunResult<unknown>
      try {
        result = await this.#conduct()
      } finally {
        line.leave()
      }
      return this.#ended(result)
    } catch (thrown) {
      const { reason } = signal
      if (reason !== undefined && reason === this.#outOfTime) return this.#ended(this.#end('budget'))
      throw this.#fail(signal.aborted ? this.#aborted() : thrown)
    } finally {
      for (const each of unfollow) each()
    }
  }

  /** Whether the turn is with a run that this one is within, which would wait for this one's end. */
  #waitsForItself(): boolean {
    for (let at = this.#outer?.turn; at !== undefined; at = at.#outer?.turn) {
      if (at.#place === this.#place) return true
    }
    return false
  }

  async #conduct(): Promise<RunResult<unknown>> {
    const { signal } = this.#aborter
    signal.throwIfAborted()
    const models = this.#chooseModels()
    const unavailable: string[] = []
    const found = models.open((message) => unavailable.push(message))
    if (found instanceof Promise) await found
    signal.throwIfAborted()
    const input = 'input' in this.#opening ? this.#opening.input : lastInput(this.#messages.items)
    const interaction =
      'messages' in this.#place ? this.#place.interact({ input }) : this.#place.child({ input })
    const outer = this.#outer
    const parent = outer && { interaction: outer.interaction, toolCallId: outer.toolCallId }
    this.#run = { interaction, parent }
    const scope = (this.#scope = this.#scopeOf(interaction, models))
    const unlisten = onAbort(signal, () => interaction.abort(signal.reason))
    // Whoever ends the interaction, or closes the session, ends the run.
    const unfollow = follow(interaction.signal, this)
    enterRun(interaction, this)
    const { timeMs = Infinity } = this.#options.budget ?? {}
    const timer = startTimer(timeMs, () => this.abort((this.#outOfTime = new TimeLimitReached(timeMs))))
    try {
      if ('message' in this.#opening) this.#messages.push(this.#opening.message)
      const [runId, sessionId] = [interaction.id, this.#session.id]
      this.#emit({ type: 'run-start', runId, sessionId, model: models.name })
      for (const message of unavailable) this.#emit({ type: 'warning', about: 'fallback', message })
      return await this.#takeSteps(scope)
    } finally {
      this.#isOver = true
      this.#spending.release()
      clearTimeout(timer)
      unfollow() // an end that nobody hears of takes less time
      unlisten()
      interaction.end()
    }
  }

  /** The run's own models, those of its session's agent, or the outer run's; within one session the outer run's first. */
  #chooseModels(): ModelChoice {
    const outer = this.#outer?.turn
    this.#agentModel = this.#modelOfAgent()
    return new ModelChoice(this.#options.model ?? this.#agentModel ?? (outer && outer.#scope!.models.rest))
  }

  #modelOfAgent(): unknown {
    const isWithin = this.#outer !== undefined && this.#outer.turn.#session === this.#session
    return this.#options.model === undefined && !isWithin ? this.#session.agent?.model : undefined
  }

  /** Goes over to the model of the session's agent where that is another by now: a tool may have handed the session on. */
  #followAgent({ models, emit }: RunScope): unknown {
    const model = this.#modelOfAgent()
    if (model === undefined || model === this.#agentModel) return undefined
    this.#agentModel = model
    return models.change(model, (message) => emit({ type: 'warning', about: 'fallback', message }))
  }

  #scopeOf(interaction: InteractionContext, models: ModelChoice): RunScope {
    const options = this.#options
    const outer = this.#outer
    const askers = (): Asker[] => [
      ...(outer === undefined ? [] : outer.turn.#scope!.askers()),
      askerOf(this.#session, outer && outer.turn.#messages, outer?.toolCallId),
    ]
    return {
      ...options,
      messages: this.#messages,
      askers,
      interaction,
      models,
      output: this.#output,
      signal: this.#aborter.signal,
      // A run within a tool's call is gone with it: nobody could resume it.
      approve: options.approve ?? (outer !== undefined && this.#place !== this.#session ? nobody : undefined),
      questions: this.#questions,
      answers: undefined,
      hooks: this.#hooks,
      callIds: this.#callIds,
      noticed: [],
      tried: { tokens: 0 },
      emit: this.#emit,
      heard: ({ texts, usage }) => {
        this.#texts = texts
        this.#spending.settle(usage, models.name)
      },
    }
  }

  async #takeSteps(scope: RunScope): Promise<RunResult<unknown>> {
    if ('answers' in this.#opening) {
      const pending = await answerHistory(scope, this.#opening.answers)
      stopIfAborted(scope)
      if (!this.#keepSteering()) {
        if (pending.length > 0) return this.#end('approval', pending)
        if (this.#isDone()) return this.#end('stop-when')
      }
    }
    for (;;) {
      if (this.#steps >= this.#options.maxSteps) return this.#end('max-steps')
      const following = this.#followAgent(scope)
      if (following instanceof Promise) await following
      if (!(await this.#spending.prepare(scope))) return this.#end('budget')
      this.#keepSteering()
      if (this.#messages.length === 0)
        throw nothingSaid('There is nothing to go on with: the conversation is empty.')
      const step = ++this.#steps
      this.#results = []
      this.#emit({ type: 'step-start', step })
      const { finishReason, usage, pending } = await takeStep(scope, step)
      this.#spending.learn(scope, usage)
      stopIfAborted(scope)
      this.#emit({ type: 'step-finish', step, finishReason, usage })
      // Whoever steers goes on without answering what was asked.
      if (this.#keepSteering()) continue
      if (pending.length > 0) return this.#end('approval', pending)
      else if (finishReason === 'stop' && this.#output !== undefined) {
        const repair = this.#output.read(this.#texts)
        if (repair === undefined) return this.#end(finishReason)
        this.#messages.push(repair)
      } else if (finishReason !== 'tool-calls') return this.#end(finishReason)
      else if (this.#isDone()) return this.#end('stop-when')
    }
  }

  /** Whether a result of this step was what the run was for. */
  #isDone(): boolean {
    const { stopWhen } = this.#options
    return this.#results.some((result) => !isFailure(result.output) && stopWhen!(result))
  }

  /** Adds what this run was given meanwhile to the history, also where it was stopped before it could read it. */
  #keepSteering(): boolean {
    const said = this.#steering
    if (said.length === 0 || this.#session.closed) return false
    this.#steering = []
    this.#messages.push(...said)
    return true
  }

  #end(finishReason: FinishReason, approvals: readonly ApprovalRequest[] = []): RunResult<unknown> {
    this.#isOver = true
    return { finishReason, ...this.#said, approvals, output: this.#output?.value } as RunResult<unknown>
  }

  /** What was said last, and what the run took. */
  get #said(): Pick<RunResult, 'text' | 'usage' | 'steps'> {
    return { text: this.#texts.join(''), usage: this.#spending.usage, steps: this.#steps }
  }

  #ended(result: RunResult<unknown>): RunResult<unknown> {
    this.#finish(result.finishReason)
    this.events.end()
    return result
  }

  #fail(thrown: unknown): RetinueError {
    const error =
      thrown instanceof RetinueError
        ? thrown
        : new RetinueError('RETINUE_RUN_FAILED', `The run failed: ${reasonOf(thrown)}`, { cause: thrown })
    const { code, message } = error
    this.#emit({ type: 'error', code, message, error })
    this.#finish(code === 'RETINUE_RUN_ABORTED' ? 'aborted' : 'error')
    // Whoever aborts knows: it must not end the process as well.
    if (this.#aborter.signal.aborted) queueMicrotask(() => void this.result.catch(() => {}))
    this.events.end({ error })
    return error
  }

  /** Tells who observes the session, too, that a turn of it has ended; one that waits for an approval goes on. */
  #finish(finishReason: FinishReason): void {
    this.#isOver = true
    this.#keepSteering()
    this.#emit({ type: 'finish', finishReason, ...this.#said })
    const [place, runId] = [this.#place, this.#run?.interaction.id]
    if ('messages' in place && runId !== undefined && finishReason !== 'approval')
      place.emit('turnEnded', { runId, finishReason } satisfies TurnEnded)
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

const nobody = (): ApprovalAnswer => ({ approved: false, reason: 'nobody can be asked within a tool' })

/** An aborted run stops, and leaves nothing open that it asked in its last step. */
function stopIfAborted(scope: RunScope): void {
  if (scope.signal.aborted) mend(scope)
  scope.signal.throwIfAborted()
}

/** Aborts a run when a signal does; gives what undoes it. */
function follow(signal: Signal, turn: Turn): () => void {
  return onAbort(signal, () => turn.abort(signal.reason))
}
