// A check is one promise of the contract of plugins.
import type { Subject } from './subject.ts'

/** One promise that plugins make. */
export interface Check {
  /** What holds, as a sentence without its subject. */
  readonly name: string
  /** Whether only what users get can be looked at, and not its source. */
  readonly built?: boolean
  run(subject: Subject): void | Promise<void>
}
