// A line of those who want to do something at once: so many do it, and the others wait until one is done.

/** Lets so many work at once. */
export class Line {
  readonly #max: number
  #working = 0
  /** What lets each of those who wait begin, in the order in which they came. */
  readonly #waiting = new Set<() => void>()

  constructor(max: number) {
    this.#max = max
  }

  /** Works when it is its turn; throws the reason where the signal aborts before. */
  async work<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    if (this.#working < this.#max) this.#working++
    else await this.#turn(signal)
    try {
      return await work()
    } finally {
      const [next] = this.#waiting
      if (next === undefined) this.#working--
      else next()
    }
  }

  /** Waits for the place of somebody who is done. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(begin)
        reject(signal.reason as Error)
      }
      const begin = (): void => {
        this.#waiting.delete(begin)
        signal.removeEventListener('abort', leave)
        resolve()
      }
      this.#waiting.add(begin)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}
