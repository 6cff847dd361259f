// The messages of a conversation in the form that its provider takes, made once for each message and kept beside it: a
// step adds what is new, and the cost of what is old is one comparison a message. Edits are seen by identity.
import type { Message } from '@retinue/kernel'
import { type FormStyle, type MessageForm, messageForm } from './message-form.ts'
import { isCut } from './result-page.ts'

/** Messages to read: a list, or an array. */
export interface MessageView {
  readonly length: number
  at(index: number): Message | undefined
}

/** Forms of messages, as they were when it last looked. */
export class History {
  readonly #style: FormStyle
  readonly #messages: Message[] = []
  readonly #forms: (MessageForm | undefined)[] = []
  /** Whether some message has nothing to send. */
  #gaps = false
  #start = 0
  #cuts = false

  constructor(style: FormStyle) {
    this.#style = style
  }

  has({ version, maxResultChars }: FormStyle): boolean {
    return this.#style.version === version && this.#style.maxResultChars === maxResultChars
  }

  /** The index of the last summary, which stands for all that is before it. */
  get start(): number {
    return this.#start
  }

  /** Whether a result was cut, so that the model needs a way to read on. */
  get hasCuts(): boolean {
    return this.#cuts
  }

  /** Looks at messages: makes the forms of those that are new. */
  look(messages: MessageView): void {
    const known = this.#messages
    const forms = this.#forms
    const { length } = messages
    let i = 0
    while (i < known.length && known[i] === messages.at(i)) i++
    known.length = forms.length = i
    if (this.#start >= i) this.#start = Math.max(0, known.findLastIndex(isSummary))
    for (; i < length; i++) {
      const message = messages.at(i)!
      const form = messageForm(message, this.#style)
      known.push(message)
      forms.push(form)
      this.#gaps ||= form === undefined
      this.#cuts ||=
        message.role === 'tool' && message.parts.some((part) => isCut(part, this.#style.maxResultChars))
      if (isSummary(message)) this.#start = i
    }
  }

  /** The forms from the last summary on behind `first`, as a new array: a provider may keep what it is given. */
  forms(first: readonly MessageForm[] = []): MessageForm[] {
    const forms = this.#start === 0 ? this.#forms : this.#forms.slice(this.#start)
    return first.concat(this.#gaps ? forms.filter((form) => form !== undefined) : (forms as MessageForm[]))
  }
}

function isSummary(message: Message): boolean {
  return message.role === 'user' && message.summary === true
}
