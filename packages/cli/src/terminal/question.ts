// Questions with a few answers, asked in a terminal. The library that asks them is loaded with the first one.
import type { Key } from 'node:readline'

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

/**
 * Lets a person choose, by arrows or by the beginning of an answer; `undefined` where they cancel. Whoever writes
 * anything else has not chosen what stands first, and is asked again: it may be a message to somebody else.
 */
export async function choose<T extends string>(
  terminal: Terminal,
  message: string,
  choices: readonly Choice<T>[],
): Promise<T | undefined> {
  const { isCancel, select, settings } = await import('@clack/prompts')
  // Within a word these would move as arrows do.
  for (const letter of ['h', 'j', 'k', 'l']) settings.aliases.delete(letter)
  const options = choices.map(({ value, label, hint }) => ({ value, label, ...(hint && { hint }) }))
  for (let question = message; ;) {
    const written = followLetters(terminal.input, choices)
    const chosen = await select<string>({ ...terminal, message: question, options })
    const noAnswer = written.end()
    if (isCancel(chosen)) return undefined
    if (noAnswer === undefined) return chosen as T
    question = `'${noAnswer}' is none of the answers. ${message}`
  }
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

/** Moves to the choice that begins with what is written; gives in the end what is the beginning of none. */
function followLetters(
  input: NodeJS.ReadStream,
  choices: readonly Choice<string>[],
): { end(): string | undefined } {
  let at = 0
  let letters = ''
  const meant = (): number =>
    choices.findIndex(({ label }) => label.toLowerCase().startsWith(letters.trim().toLowerCase()))
  const onKey = (text: string | undefined, key: Key): void => {
    const step = steps[key.name ?? '']
    if (step !== undefined) {
      at = (at + step + choices.length) % choices.length
      if (key !== down) letters = ''
      return
    }
    if (key.name === 'backspace') letters = letters.slice(0, -1)
    else if (text !== undefined && text >= ' ') letters += text
    const to = letters === '' ? -1 : meant()
    while (to !== -1 && at !== to) input.emit('keypress', undefined, down)
  }
  input.on('keypress', onKey)
  return {
    end() {
      input.off('keypress', onKey)
      return meant() === -1 ? letters.trim() : undefined
    },
  }
}

const down: Key = { name: 'down' }
const steps: Readonly<Record<string, 1 | -1>> = { up: -1, left: -1, down: 1, right: 1 }
