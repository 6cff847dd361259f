// When a save that failed is tried again by itself: soon at first, then less and less often, until it succeeds, is given
// up, or is refused by the contract. What else a store says may be mended while the process lives, be it by an operator:
// memory has the only copy, and one try a minute costs nothing. It keeps no process alive: whoever ends one awaits
// `saved` before.
import { retryDelayMs } from './delay.ts'
import { codeOf } from './errors.ts'
import type { SavedOwner } from './saved-owner.ts'

interface Retry {
  /** How often it has failed since it last succeeded. */
  readonly failures: number
  /** What was told last: the revision of its owner, and the code of the failure. */
  readonly told: string
  readonly timer: ReturnType<typeof setTimeout>
}

/** The saves that failed and that are tried again. */
export class SaveRetries {
  readonly #retries = new Map<SavedOwner, Retry>()
  readonly #again: (owner: SavedOwner) => void

  constructor(again: (owner: SavedOwner) => void) {
    this.#again = again
  }

  /** Has a save tried again later; tells whether it is news that it failed: of another change, or in another way, than before. */
  add(owner: SavedOwner, error: unknown): boolean {
    const { failures = 0, told } = this.#retries.get(owner) ?? {}
    this.end(owner)
    const timer = setTimeout(() => this.#again(owner), retryDelayMs(failures))
    ;(timer as { unref?(): void }).unref?.() // a browser's is a number
    const news = `${owner.owner.revision} ${String(codeOf(error))}`
    this.#retries.set(owner, { failures: failures + 1, told: news, timer })
    return told !== news
  }

  /** Tries it no more by itself: it succeeded, or was given up. */
  end(owner: SavedOwner): void {
    clearTimeout(this.#retries.get(owner)?.timer)
    this.#retries.delete(owner)
  }
}
