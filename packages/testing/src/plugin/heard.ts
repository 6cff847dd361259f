import { format } from 'node:util'

/** Keeps what is written to the console or to standard output, unwritten, until it is disposed of. */
export class Heard implements Disposable {
  readonly #written: string[] = []
  readonly #restore: (() => void)[] = []

  constructor() {
    for (const name of ['debug', 'error', 'info', 'log', 'warn'] as const) {
      this.#replace(console, name, (...given: unknown[]) => void this.#written.push(format(...given)))
    }
    for (const stream of [process.stdout, process.stderr]) {
      this.#replace(stream, 'write', (chunk: unknown) => this.#written.push(String(chunk)) > 0)
    }
  }

  get text(): string {
    return this.#written.join('\n')
  }

  [Symbol.dispose](): void {
    for (const restore of this.#restore) restore()
  }

  #replace<T extends object>(target: T, name: keyof T, by: unknown): void {
    const real = target[name]
    target[name] = by as T[keyof T]
    this.#restore.push(() => (target[name] = real))
  }
}
