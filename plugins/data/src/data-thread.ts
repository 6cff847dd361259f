// A thread that has files loaded. It gets what is open and no path, has no environment, and does one thing at a time; it
// is ended by whoever has it, in the middle of a single call if need be.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Reply, Request } from './request.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** A thread for the questions about some files. */
export class DataThread {
  readonly #worker: Worker

  constructor(maxMemoryBytes: number) {
    this.#worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(maxMemoryBytes / 1_000_000) },
    })
    this.#worker.on('error', () => {}) // whoever waits hears of it by `once`; of one that is being ended nobody wants to
    this.#worker.unref() // nothing but an answer is waited for
  }

  /** Has a question answered; throws the reason where the signal aborts. It is to be ended after it threw. */
  async ask(request: Request, signal: AbortSignal): Promise<Reply> {
    this.#worker.ref()
    try {
      this.#worker.postMessage(request)
      const [reply] = (await once(this.#worker, 'message', { signal })) as [Reply]
      return reply
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error
      const what = 'There is not enough memory for that.'
      return { code: 'RETINUE_DATA_MEMORY', what, hint: 'Ask for a smaller file.' }
    } finally {
      this.#worker.unref()
    }
  }

  /** Ends it; its memory is free when this is done. */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
