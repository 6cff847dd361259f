// Messages from a pipe or a file: one a line; a line that ends in a backslash goes on in the next.
import { createInterface } from 'node:readline'
import type { Typed } from './line-editor.ts'

/** Reads one message after the other from a stream that is no terminal. */
export class PipedLines {
  readonly #lines: AsyncIterator<string>

  constructor(input: NodeJS.ReadableStream) {
    this.#lines = createInterface({ input, terminal: false, crlfDelay: Infinity })[Symbol.asyncIterator]()
  }

  /** Gives the next message; at the end of the input, the wish to leave. */
  async read(): Promise<Typed> {
    const lines: string[] = []
    for (;;) {
      const next = await this.#lines.next()
      if (next.done === true) return lines.length === 0 ? 'leave' : { text: lines.join('\n') }
      const goesOn = next.value.endsWith('\\')
      lines.push(goesOn ? next.value.slice(0, -1) : next.value)
      if (!goesOn) return { text: lines.join('\n') }
    }
  }
}
