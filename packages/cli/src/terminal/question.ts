// Questions with a few answers, asked in a terminal. The library that asks them is loaded with the first one.
import type { Key } from 'node:readline'
import { suspend } from './suspension.ts'

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
  /** Whether the person is within a line that is meant for somebody else: its end is no answer. */
  readonly isTyping?: boolean | undefined
}

/**
 * Lets a person choose, by arrows or by the beginning of an answer; `undefined` where they cancel. Whoever writes
 * anything else has not chosen what stands first, and is asked again: it may be a message to somebody else.
 */
export async function choose<T extends string>(
  { isTyping, ...terminal }: Terminal,
  message: string,
  choices: readonly Choice<T>[],
): Promise<T | undefined> {
  const { isCancel, select, settings } = await import('@clack/prompts')
  settings.aliases.set('\u0004', 'cancel') // Ctrl-D: only the keyboard is let go, and nobody answers
  // Within a word these would move as arrows do.
  for (const letter of ['h', 'j', 'k', 'l']) settings.aliases.delete(letter)
  for (let question = message; ;) {
    const begun = isTyping && question === message ? '…' : ''
    const options = choices.map(({ value, label, hint }) => ({ value, label, ...(hint && { hint }) }))
    const [chosen, noAnswer] = await untilAnswered(terminal, async () => {
      const written = followLetters(terminal.input, options, begun)
      const answer = await select<string>({ ...terminal, message: question, options })
      return [answer, written.end()] as const
    })
    if (!noAnswer) return isCancel(chosen) ? undefined : (chosen as T)
    question = `'${noAnswer}' is none of the answers. ${message}`
  }
}

/** Lets a person write a line, or paste several as one; `undefined` where they cancel. */
export async function askText(terminal: Terminal, message: string): Promise<string | undefined> {
  const { isCancel, text } = await import('@clack/prompts')
  const written = await untilAnswered(terminal, () => {
    const release = joinPastedLines(terminal.input)
    return text({ ...terminal, message }).finally(release)
  })
  return isCancel(written) ? undefined : (written ?? '')
}

/** Asks; a question in which the person stops the program is drawn as cancelled, and asked again when it goes on. */
async function untilAnswered<T>(terminal: Terminal, ask: () => Promise<T>): Promise<T> {
  let isStopped = false
  const onKey = (_text: unknown, key: Key): void => {
    if (key.ctrl !== true || key.name !== 'z') return
    isStopped = true
    key.name = 'escape' // the question hears it after this
  }
  // A process that is told to end leaves the question as it stands, to be asked again, and the cursor hidden.
  const onExit = (): void => void terminal.output.write('\x1B[?25h')
  terminal.input.on('keypress', onKey)
  process.on('exit', onExit)
  const answer = await ask().finally(() => {
    terminal.input.off('keypress', onKey)
    process.off('exit', onExit)
  })
  if (!isStopped) return answer
  await suspend(terminal)
  return untilAnswered(terminal, ask)
}

/** Puts a blank in the place of each end of a line in what is pasted, which would end the answer, and of each tab. */
function joinPastedLines(input: NodeJS.ReadStream): () => void {
  let isPasted = false
  const onKey = (_text: unknown, key: Key): void => {
    if (key.name === 'paste-start' || key.name === 'paste-end') isPasted = key.name === 'paste-start'
    if (!isPasted || !['return', 'enter', 'tab'].includes(key.name!)) return
    key.name = '' // to the question, it is no key
    key.ctrl = true
    input.emit('keypress', ' ', { name: 'space', sequence: ' ' })
  }
  input.on('keypress', onKey)
  return () => void input.off('keypress', onKey)
}

/**
 * Moves to the choice that begins with what is written. Where Enter ends what is the beginning of none, the question is
 * drawn as cancelled, with that in the place of a choice; `end` gives it.
 */
function followLetters(
  input: NodeJS.ReadStream,
  options: readonly { label: string }[],
  begun: string,
): { end(): string | undefined } {
  let at = 0
  let letters = begun
  let noAnswer: string | undefined
  let isPasted = false
  const meant = (): number =>
    options.findIndex(({ label }) => label.toLowerCase().startsWith(letters.trim().toLowerCase()))
  const onKey = (text: string | undefined, key: Key): void => {
    if (isPasted || key.name === 'paste-start') {
      isPasted = key.name !== 'paste-end'
      key.name = '' // it is meant for somebody else: to the question, it is no key
      key.ctrl = true
      return
    }
    const step = steps[key.name!]
    if (step) {
      at = (at + step + options.length) % options.length
      if (key !== down) letters = ''
      return
    }
    if (key.name === 'return' && meant() === -1) {
      noAnswer = letters.trim()
      options[at]!.label = noAnswer
      key.name = 'escape' // the question hears it after this
      return
    }
    if (key.name === 'backspace') letters = letters.slice(0, -1)
    else if (text! >= ' ') letters += text
    const to = letters ? meant() : -1
    while (to !== -1 && at !== to) input.emit('keypress', undefined, down)
  }
  input.on('keypress', onKey)
  return {
    end() {
      input.off('keypress', onKey)
      return noAnswer
    },
  }
}

const down: Key = { name: 'down' }
const steps: Readonly<Record<string, 1 | -1>> = { up: -1, left: -1, down: 1, right: 1 }
