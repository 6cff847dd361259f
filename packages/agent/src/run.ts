// The face of the package: `run` says something to a session, `resume` answers what a run asked. Both give the run at
// once, and it goes on whether or not anybody looks.
import type { ChatSession, InteractionContext, TProperties } from '@retinue/kernel'
import type { ApprovalAnswer, ApprovalAnswers } from './approval.ts'
import { checkAnswers, checkPlace, checkRunOptions } from './option-check.ts'
import type { RunEvent } from './run-event.ts'
import { type RunInput, userMessage } from './run-input.ts'
import type { OutputOf, RunOptions, WithOutput } from './run-options.ts'
import type { RunResult } from './run-result.ts'
import { Turn } from './turn.ts'
import { lineOf } from './turn-line.ts'

/** A run that has begun. Iterate it for its events, await `result` for what it comes to, or both. */
export class Run<O = undefined> implements AsyncIterable<RunEvent<O>> {
  readonly #turn: Turn

  constructor(turn: Turn) {
    this.#turn = turn
  }

  /**
   * What the run comes to. Rejects when it fails or is aborted, with the error that iterating throws after the last
   * event; whoever iterates needs no second look here, even after leaving early, nor does whoever aborts.
   */
  get result(): Promise<RunResult<O>> {
    return this.#turn.result as Promise<RunResult<O>>
  }

  /** Stops the run. What was said until then stays in the history, marked as partial. */
  abort(reason?: unknown): void {
    this.#turn.abort(reason)
  }

  /**
   * Answers a call that this run, or one within it, waits with: one that `approval-request` told of, where `approve`
   * is `'wait'`.
   * @throws {RETINUE_APPROVAL_UNKNOWN} where no call waits under that id.
   * @throws {RETINUE_OPTION_INVALID} where the answer is neither a yes nor a no.
   */
  approve(toolCallId: string, answer: ApprovalAnswer): void {
    this.#turn.approve(toolCallId, answer)
  }

  /**
   * Reads the events: the first reader from the beginning, a later one from then on. Leaving early does not stop the
   * run.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent<O>> {
    // An error is thrown here: it must not end the process as well, also where a reader has left before it came.
    void this.#turn.result.catch(() => {})
    return this.#turn.events.read() as AsyncIterableIterator<RunEvent<O>>
  }
}

/**
 * Runs one turn of a session: renders the prompt, calls the model, runs the tools that it asks for, and again, until
 * it answers, is aborted, or reaches a limit. Each step sees the prompt and the tools as they are then. A run of an
 * interaction has a conversation of its own, which is gone when the interaction ends.
 *
 * @example
 * for await (const event of run(session, 'Who wrote …?')) if (event.type === 'text-delta') write(event.delta)
 * const { text, usage } = await run(session, 'And when?').result
 * @throws {RETINUE_INPUT_INVALID} for an empty input, and for what is neither a session nor an interaction.
 * @throws {RETINUE_OPTION_INVALID} for an option that no run takes. What fails later rejects `result`; the README lists the codes.
 */
export function run<P extends TProperties>(
  place: ChatSession | InteractionContext,
  input: RunInput,
  options: WithOutput<P>,
): Run<OutputOf<P>>
export function run(place: ChatSession | InteractionContext, input: RunInput, options?: RunOptions): Run
export function run(
  place: ChatSession | InteractionContext,
  input: RunInput,
  options: RunOptions = {},
): Run<unknown> {
  checkPlace(place)
  checkRunOptions(options)
  const message = userMessage(input)
  const current = options.onBusy === 'steer' ? lineOf<Turn>(place).current : undefined
  return new Run(current?.steer(message) === true ? current : new Turn(place, { message, input }, options))
}

/**
 * Goes on where the last run stopped, also in a restored session, without a new message. Where it stopped for
 * approvals (`finishReason` `approval`; `pendingApprovals` has the questions), calls that are approved now run, those
 * that are refused are told to the model, and what has no answer is asked for again. Where it failed, was aborted or
 * reached a limit, the model is called again.
 *
 * @example
 * const { approvals } = await run(session, 'Delete the old logs').result
 * await resume(session, { [approvals[0].toolCallId]: { approved: false, reason: 'keep May' } }).result
 * @throws {RETINUE_INPUT_INVALID} for what is neither a session nor an interaction.
 * @throws {RETINUE_OPTION_INVALID} for an option that no run takes, and for answers that are no object. An answer to a
 * call that does not wait, and whatever else fails later, rejects `result`.
 */
export function resume<P extends TProperties>(
  place: ChatSession | InteractionContext,
  answers: ApprovalAnswers,
  options: WithOutput<P>,
): Run<OutputOf<P>>
export function resume(
  place: ChatSession | InteractionContext,
  answers?: ApprovalAnswers,
  options?: RunOptions,
): Run
export function resume(
  place: ChatSession | InteractionContext,
  answers: ApprovalAnswers = {},
  options: RunOptions = {},
): Run<unknown> {
  checkPlace(place)
  checkRunOptions(options)
  checkAnswers(answers)
  return new Run(new Turn(place, { answers }, options))
}
