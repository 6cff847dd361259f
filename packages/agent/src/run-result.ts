// What a run comes to.
import type { ApprovalRequest } from './approval.ts'
import type { FinishReason } from './finish-reason.ts'
import type { Usage } from './usage.ts'

/** What a run comes to; `O` is what `output` among its options asks for. */
export type RunResult<O = undefined> = Summary &
  (
    | {
        /** The model came to its own end. */
        readonly finishReason: 'stop'
        /** The answer as data, where the run asks for it. */
        readonly output: O
      }
    | {
        /** What stopped the run. */
        readonly finishReason: Exclude<FinishReason, 'stop'>
        readonly output: undefined
      }
  )

interface Summary {
  /** The text of the last step: the answer. */
  readonly text: string
  /** What all model calls of the run have used; not those of the runs within it, of which each tells by itself. */
  readonly usage: Usage
  /** How many model calls the run has made. */
  readonly steps: number
  /** Calls that wait for a yes, where `finishReason` is `approval`: answer them with `resume`. */
  readonly approvals: readonly ApprovalRequest[]
}
