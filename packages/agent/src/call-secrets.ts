// The secrets of one tool call: readable until the call ends, and taken out of whatever the tool says, so that none
// reaches the model, an event or a snapshot through a tool that repeats what it knows.
import { type Json, openSecrets, type SecretReader, type ToolOutput } from '@retinue/kernel'

/** Reads secrets for one call, and remembers which. */
export class CallSecrets {
  readonly #reader: SecretReader = openSecrets()
  #read: Set<string> | undefined
  #isOpen = true

  /** Resolves a secret field of an item. */
  read(item: object, field: string): string {
    const secret = this.#reader.read(item, field)
    if (secret !== '') this.#read = new Set([...formsOf(secret), ...(this.#read ?? [])].sort(longestFirst))
    return secret
  }

  /** Whether the call goes on. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Ends the call: nothing can be read any more. */
  close(): void {
    this.#isOpen = false
    this.#reader.close()
  }

  /** Takes what was read out of JSON. */
  redact(value: Json): Json {
    return this.#read === undefined ? value : without(this.#read, value)
  }

  /** Takes what was read out of a result. */
  redactOutput(output: ToolOutput): ToolOutput {
    const read = this.#read
    if (read === undefined) return output
    const value =
      output.type === 'content'
        ? output.value.map((part) => partWithout(read, part))
        : without(read, output.value)
    return { ...output, value } as ToolOutput
  }
}

/** A secret as it is, as JSON writes it, and as it stands in an address. */
function formsOf(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]
}

/** A secret may be a part of another. */
function longestFirst(a: string, b: string): number {
  return b.length - a.length
}

/** JSON without secrets in its texts, numbers and keys; what it is made of stays, however short a secret is. */
function without(secrets: ReadonlySet<string>, value: Json): Json {
  if (typeof value === 'string') return textWithout(secrets, value)
  if (typeof value === 'number') {
    const text = textWithout(secrets, String(value))
    return text === String(value) ? value : text
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => without(secrets, item))
  const fields = Object.entries(value as Readonly<Record<string, Json>>)
  return Object.fromEntries(
    fields.map(([key, field]) => [textWithout(secrets, key), without(secrets, field)]),
  )
}

/** A part of a result keeps its own fields. */
function partWithout(secrets: ReadonlySet<string>, part: object): object {
  const fields = Object.entries(part as Readonly<Record<string, Json>>)
  return Object.fromEntries(
    fields.map(([key, field]) => [key, key === 'type' ? field : without(secrets, field)]),
  )
}

function textWithout(secrets: ReadonlySet<string>, text: string): string {
  for (const secret of secrets) text = text.replaceAll(secret, '[secret]')
  return text
}
