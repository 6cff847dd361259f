// The secrets of one tool call: readable until the call ends, and taken out of whatever the tool says, so that none
// reaches the model, an event or a snapshot through a tool that repeats what it knows.
import { openSecrets, type SecretReader } from '@retinue/kernel'

/** Reads secrets for one call, and remembers which. */
export class CallSecrets {
  readonly #reader: SecretReader = openSecrets()
  #read: Set<string> | undefined

  /** Resolves a secret field of an item. */
  read(item: object, field: string): string {
    const secret = this.#reader.read(item, field)
    if (secret !== '') (this.#read ??= new Set()).add(secret)
    return secret
  }

  /** Ends the call: nothing can be read any more. */
  close(): void {
    this.#reader.close()
  }

  /** Takes what was read out of a JSON value. */
  redact<T>(value: T): T {
    if (this.#read === undefined || value === undefined) return value
    let text = JSON.stringify(value)
    for (const secret of this.#read) text = text.replaceAll(JSON.stringify(secret).slice(1, -1), '[secret]')
    return JSON.parse(text) as T
  }
}
