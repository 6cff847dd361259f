// One run at a time for each session: two that write one history would corrupt it. The line hangs on the session
// itself, under a shared symbol, so that two copies of this package keep to one line.
import { type ChatSession, type InteractionContext, RetinueError } from '@retinue/kernel'
import { onAbort } from './abort-listener.ts'
import type { OnBusy } from './run-options.ts'

/** Who has the session's turn, and who waits for it. */
export class TurnLine<T extends object = object> {
  #current: T | undefined
  #waits = 0
  readonly #waiting: Waiting<T>[] = []

  /** Whoever has the turn now. */
  get current(): T | undefined {
    return this.#current
  }

  /** How many have had to wait for it until now. */
  get waits(): number {
    return this.#waits
  }

  /**
   * Gives the turn to `holder`: at once where nobody has it, and otherwise when those before it have left.
   * @throws {RETINUE_RUN_BUSY} where somebody has it and `onBusy` is `reject`.
   */
  enter(holder: T, onBusy: OnBusy, signal: AbortSignal): Promise<void> | undefined {
    if (this.#current !== undefined) {
      if (onBusy === 'reject') throw runBusy()
      return this.#wait(holder, signal)
    }
    this.#current = holder
    return undefined
  }

  /** Gives the turn to the next; whoever has it leaves once, however its run has ended. */
  leave(): void {
    const next = this.#waiting.shift()
    this.#current = next?.holder
    next?.go()
  }

  #wait(holder: T, signal: AbortSignal): Promise<void> {
    this.#waits++
    return new Promise((resolve, reject) => {
      const go = (): void => {
        unlisten()
        resolve()
      }
      const waiting: Waiting<T> = { holder, go }
      this.#waiting.push(waiting)
      const unlisten = onAbort(signal, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason as Error)
      })
    })
  }
}

interface Waiting<T> {
  readonly holder: T
  readonly go: () => void
}

const LINE: unique symbol = Symbol.for('@retinue/agent/line/1') as never

/** Gives the line of a session or an interaction, and makes it for the first run. */
export function lineOf<T extends object>(place: ChatSession | InteractionContext): TurnLine<T> {
  const owner = place as { [LINE]?: TurnLine<T> }
  if (owner[LINE] === undefined) Object.defineProperty(owner, LINE, { value: new TurnLine<T>() })
  return owner[LINE]!
}

/** The error of a run that can't wait for its turn. */
export function runBusy(why = 'The session is in another run'): RetinueError {
  return new RetinueError('RETINUE_RUN_BUSY', `${why}.`, {
    hint: `Wait for its result, or pass onBusy: 'queue' to wait in line, 'steer' to join it. ${ownSession}`,
  })
}

/** What a tool is told that waits, or would wait, for the run that it is called in. */
export const ownSession =
  'A tool that runs the session of its own run waits for itself; instead: run(call.interaction.child(), …, { parent: call }).'
