// The face of the package: `run` says something to a session, `resume` answers what a run asked. Both give the run at
// once, and it goes on whether or not anybody looks.
import type { ChatSession } from '@retinue/kernel'
import type { ApprovalAnswers } from './approval.ts'
import type { RunEvent } from './run-event.ts'
import { type RunInput, userMessage } from './run-input.ts'
import type { RunOptions } from './run-options.ts'
import { type RunResult, Turn } from './turn.ts'
import { lineOf } from './turn-line.ts'

/** A run that has begun. Iterate it for its events, await `result` for what it comes to, or both. */
export class Run implements AsyncIterable<RunEvent> {
  readonly #turn: Turn

  constructor(turn: Turn) {
    this.#turn = turn
  }

  /**
   * What the run comes to. Rejects when it fails or is aborted, with the error that iterating throws after the last
   * event; an error that was thrown there needs no second look here.
   */
  get result(): Promise<RunResult> {
    return this.#turn.result
  }

  /** Stops the run. What was said until then stays in the history, marked as partial. */
  abort(reason?: unknown): void {
    this.#turn.abort(reason)
  }

  /**
   * Reads the events: the first reader from the beginning, a later one from then on. Leaving early does not stop the
   * run.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent> {
    return this.#turn.events.read()
  }
}

/**
 * Runs one turn of a session: renders the prompt, calls the model, runs the tools that it asks for, and again, until
 * it answers, is aborted, or reaches a limit. Each step sees the prompt and the tools as they are then.
 *
 * @example
 * for await (const event of run(session, 'Who wrote …?')) if (event.type === 'text-delta') write(event.delta)
 * const { text, usage } = await run(session, 'And when?').result
 * @throws {RETINUE_INPUT_INVALID} for an empty input. What fails later rejects `result`; the README lists the codes.
 */
export function run(session: ChatSession, input: RunInput, options: RunOptions = {}): Run {
  const message = userMessage(input)
  const current = options.onBusy === 'steer' ? lineOf<Turn>(session).current : undefined
  return new Run(current?.steer(message) === true ? current : new Turn(session, { message, input }, options))
}

/**
 * Goes on where the last run stopped, also in a restored session, without a new message. Where it stopped for
 * approvals (`finishReason` `approval`), calls that are approved now run, those that are refused are told to the
 * model, and what has no answer is asked for again. Where it failed, was aborted or reached a limit, the model is
 * called again.
 *
 * @example
 * const { approvals } = await run(session, 'Delete the old logs').result
 * await resume(session, { [approvals[0].toolCallId]: { approved: false, reason: 'keep May' } }).result
 */
export function resume(session: ChatSession, answers: ApprovalAnswers = {}, options: RunOptions = {}): Run {
  return new Run(new Turn(session, { answers }, options))
}
