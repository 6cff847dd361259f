// The messages of a conversation in the form that its provider takes, made once for each message and kept beside it: a
// step adds what is new, and the cost of what is old is one comparison a message. Edits are seen by identity.
import type { Message } from '@retinue/kernel'
import { type FormStyle, type MessageForm, messageForm } from './message-form.ts'
import type { Messages } from './messages.ts'
import { isCut } from './result-page.ts'

/** Gives what keeps the forms of a conversation's messages. */
export function historyOf(messages: Messages, style: FormStyle): History {
  let history = histories.get(messages)
  if (history === undefined || !history.has(style)) histories.set(messages, (history = new History(style)))
  return history
}

const histories = new WeakMap<Messages, History>()

/** Forms of messages, as many as were asked for last. */
export class History {
  readonly #style: FormStyle
  readonly #messages: Message[] = []
  readonly #forms: (MessageForm | undefined)[] = []
  /** Whether some message has nothing to send. */
  #gaps = false
  #cuts = false

  constructor(style: FormStyle) {
    this.#style = style
  }

  has({ version, maxResultChars }: FormStyle): boolean {
    return this.#style.version === version && this.#style.maxResultChars === maxResultChars
  }

  /** Whether a result was cut, so that the model needs a way to read on. */
  get hasCuts(): boolean {
    return this.#cuts
  }

  /** The forms of messages behind those of `first`, as a new array: a provider may keep what it is given. */
  forms(messages: readonly Message[], first: readonly MessageForm[] = []): MessageForm[] {
    const known = this.#messages
    const forms = this.#forms
    let i = 0
    while (i < known.length && known[i] === messages[i]) i++
    known.length = forms.length = i
    for (; i < messages.length; i++) {
      const message = messages[i]!
      const form = messageForm(message, this.#style)
      known.push(message)
      forms.push(form)
      this.#gaps ||= form === undefined
      this.#cuts ||=
        message.role === 'tool' && message.parts.some((part) => isCut(part, this.#style.maxResultChars))
    }
    return first.concat(this.#gaps ? forms.filter((form) => form !== undefined) : (forms as MessageForm[]))
  }
}
