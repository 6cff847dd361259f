// The questions that `run.approve` answers, where `approve` is `'wait'`: those of a run, and of the runs within it.
import { RetinueError } from '@retinue/kernel'
import type { ApprovalAnswer, ApprovalRequest } from './approval.ts'
import { checkAnswer } from './option-check.ts'
import type { RunEvent } from './run-event.ts'
import { withinLimit } from './time-limit.ts'

/** The questions of a run, and of the runs within it, that `run.approve` can answer. */
export class Questions {
  readonly #open = new Map<string, (answer: ApprovalAnswer) => void>()

  /**
   * Asks a question, and waits for the answer; it can be given as soon as anybody hears of the question. Sessions that are
   * resumed within one run may each have left open a call of one id, and an answer would not say whose: the question that
   * comes while another waits under its id is not asked, and stays open.
   */
  async ask(
    request: ApprovalRequest,
    signal: AbortSignal,
    emit: (event: RunEvent) => void,
  ): Promise<ApprovalAnswer | undefined> {
    const { toolCallId } = request
    if (this.#open.has(toolCallId)) return undefined
    const answer = new Promise<ApprovalAnswer>((resolve) => this.#open.set(toolCallId, resolve))
    emit({ type: 'approval-request', ...request })
    try {
      return await withinLimit(Infinity, signal, () => answer)
    } finally {
      this.#open.delete(toolCallId)
    }
  }

  /**
   * Answers a question.
   * @throws {RETINUE_APPROVAL_UNKNOWN} where none waits under that id.
   * @throws {RETINUE_OPTION_INVALID} where the answer is neither a yes nor a no.
   */
  answer(toolCallId: string, answer: ApprovalAnswer): void {
    const resolve = this.#open.get(toolCallId)
    if (resolve === undefined)
      throw notWaiting(toolCallId, [...this.#open.keys()], "Pass approve: 'wait' to make a run wait.")
    checkAnswer(toolCallId, answer)
    this.#open.delete(toolCallId)
    resolve(answer)
  }
}

/** The error of an answer that nobody waits for. */
export function notWaiting(id: string, waiting: readonly string[], none: string): RetinueError {
  return new RetinueError('RETINUE_APPROVAL_UNKNOWN', `No call '${id}' waits for an approval.`, {
    hint: waiting.length === 0 ? `None waits. ${none}` : `These wait: ${waiting.join(', ')}.`,
    details: { id },
  })
}
