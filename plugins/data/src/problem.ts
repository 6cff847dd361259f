// What is wrong, as the worker says it. The worker loads neither kernel nor plugin, and an error does not cross threads
// whole: so it is said in plain parts, of which `ask` makes the plugin's error.
import type { DataErrorCode } from './errors.ts'

/** Something that is wrong with a file or a statement. */
export class Problem extends Error {
  readonly code: DataErrorCode
  /** What to do about it. */
  readonly hint: string

  constructor(code: DataErrorCode, what: string, hint: string) {
    super(what)
    this.code = code
    this.hint = hint
  }
}
