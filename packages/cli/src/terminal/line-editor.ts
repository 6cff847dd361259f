// Where a person types: Node's line editor, with a history that outlives the process, and messages of several lines. A
// line that ends in a backslash goes on in the next; a text that is pasted stays one message, because terminals say
// where a paste begins and ends. Between two messages the editor lets go of the keyboard.
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  type Key,
  moveCursor,
} from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import { markPastes, unmarkPastes } from './paste-marks.ts'
import { suspend } from './suspension.ts'

/** What came of asking for a message: a text, or the wish to leave. */
export type Typed = { readonly text: string } | 'leave'

/** How an editor is set up. */
export interface EditorOptions {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
  /** Messages of earlier times, the newest first. */
  readonly history: readonly string[]
  /** Completes a line: what could stand there, and the part that it replaces. */
  readonly complete: (line: string) => [candidates: string[], part: string]
  /** Says that one more interrupt leaves. */
  readonly onInterrupt: () => void
}

/** Reads one message after the other from a terminal. */
export class LineEditor {
  readonly #options: EditorOptions
  /** The messages so far, the newest first. */
  #history: string[]
  /** What was typed while nobody asked. */
  #ahead: Buffer[] = []
  /** Whether that ends within a line. */
  #wasTyping = false
  /** What asks now. */
  #editor: Interface | undefined

  constructor(options: EditorOptions) {
    markPastes(options.output)
    process.once('exit', () => unmarkPastes(options.output))
    this.#options = options
    this.#history = [...options.history]
  }

  /** Keeps what was typed ahead for the next message. */
  keep(typed: Buffer): void {
    this.#ahead.push(typed)
    this.#wasTyping = !/[\r\n]$/.test(String(typed))
  }

  /** Tells, once, whether the person is within a line that nobody has read: its end is meant for the same. */
  wasTyping(): boolean {
    const was = this.#wasTyping
    this.#wasTyping = false
    return was
  }

  /** Has something written above what is being typed, which stands below it again. */
  above(write: () => void): void {
    const editor = this.#editor
    if (!editor) return write()
    const { output } = this.#options
    const { rows } = editor.getCursorPos()
    moveCursor(output, 0, -rows)
    cursorTo(output, 0)
    clearScreenDown(output)
    write()
    drawBelow(editor)
  }

  /** Asks for a message. */
  async read(prompt: string): Promise<Typed> {
    const { input, output, complete } = this.#options
    const editor = createInterface({
      input,
      output,
      prompt,
      terminal: true,
      history: [...this.#history],
      historySize,
      removeHistoryDuplicates: true,
      completer: complete,
    })
    this.#editor = editor
    const typed = this.#read(editor, prompt)
    editor.prompt()
    const ahead = Buffer.concat(this.#ahead.splice(0))
    this.#wasTyping = false
    if (ahead.length > 0) input.unshift(ahead)
    try {
      return await typed
    } finally {
      this.#editor = undefined
    }
  }

  #read(editor: Interface, prompt: string): Promise<Typed> {
    const { input, output, onInterrupt } = this.#options
    const lines: string[] = []
    let wasInterrupted = false
    let isSettled = false
    let pasted: string | undefined
    const onKey = (_text: unknown, key: Key): void => {
      const { name, ctrl, sequence = '' } = key
      // What follows a message in one piece is for the next one.
      if (isSettled) return this.keep(Buffer.from(sequence))
      if (ctrl === true && name === 'c') return (pasted = undefined)
      wasInterrupted = false
      if (name === 'paste-start') pasted = ''
      else if (name === 'paste-end') {
        editor.write(pastedText(pasted))
        pasted = undefined
      } else if (pasted !== undefined) {
        pasted += sequence
        key.name = 'escape' // the editor hears it after this
        key.sequence = ''
      }
    }
    input.prependListener('keypress', onKey)
    return new Promise<Typed>((resolve) => {
      const settle = (typed: Typed): void => {
        if (isSettled) return
        isSettled = true
        resolve(typed)
        editor.close()
      }
      editor.on('line', (line) => {
        const goesOn = pasted === undefined && line.endsWith('\\')
        // Of a message that was brought back, Node 24 gives the lines with carriage returns between them.
        lines.push((goesOn ? line.slice(0, -1) : line).replaceAll('\r', '\n'))
        if (pasted !== undefined || goesOn) {
          editor.setPrompt(continued)
          return editor.prompt()
        }
        const text = lines.join('\n')
        this.#remember(text)
        settle({ text })
      })
      editor.on('SIGINT', () => {
        const isEmpty = editor.line === '' && lines.length === 0
        if (isEmpty && wasInterrupted) {
          output.write('\n')
          return settle('leave')
        }
        output.write('\n')
        lines.length = 0
        editor.setPrompt(prompt)
        wasInterrupted = isEmpty
        if (isEmpty) onInterrupt()
        editor.write(null, { ctrl: true, name: 'e' })
        editor.write(null, { ctrl: true, name: 'u' })
        editor.prompt()
      })
      editor.on('SIGTSTP', () => {
        editor.pause() // until it is drawn again
        void suspend({ input, output }).then(() => {
          if (!isSettled) drawBelow(editor) // what was typed behind it may have ended the message
        })
      })
      editor.on('close', () => {
        if (!isSettled) output.write('\n')
        settle('leave')
      })
    }).finally(() => input.off('keypress', onKey))
  }

  #remember(text: string): void {
    if (text.trim() === '') return
    this.#history = [text, ...this.#history.filter((each) => each !== text)].slice(0, historySize)
  }
}

const historySize = 1000
const continued = '… '

/** What is pasted, as a text: nothing in it is a key, and nothing of it goes to the terminal as a sequence. */
function pastedText(pasted = ''): string {
  return stripVTControlCharacters(pasted).replace(/(?![\n\r\t])\p{Cc}/gu, '')
}

/** Draws what is being typed where the cursor is. */
function drawBelow(editor: Interface): void {
  // The editor would go up by the rows that it has written before, and write over what stands there now.
  ;(editor as { prevRows?: number }).prevRows = 0
  editor.prompt(true)
}
