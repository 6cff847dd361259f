// Questions with a few answers, asked in a terminal. The library that asks them is loaded with the first one.

/** An answer that a person can choose. */
export interface Choice<T> {
  readonly value: T
  readonly label: string
  readonly hint?: string
}

/** The terminal to ask in. */
export interface Terminal {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  /** Takes the question back. */
  readonly signal?: AbortSignal
}

/** Lets a person choose; `undefined` where they cancel. */
export async function choose<T extends string>(
  terminal: Terminal,
  message: string,
  choices: readonly Choice<T>[],
): Promise<T | undefined> {
  const { isCancel, select } = await import('@clack/prompts')
  const options = choices.map(({ value, label, hint }) => ({ value, label, ...(hint && { hint }) }))
  const chosen = await select<string>({ ...terminal, message, options })
  return isCancel(chosen) ? undefined : (chosen as T)
}

/** Lets a person write a line; `undefined` where they cancel. */
export async function askText(
  terminal: Terminal,
  message: string,
  initial = '',
): Promise<string | undefined> {
  const { isCancel, text } = await import('@clack/prompts')
  const written = await text({ ...terminal, message, initialValue: initial })
  return isCancel(written) ? undefined : (written ?? '')
}
