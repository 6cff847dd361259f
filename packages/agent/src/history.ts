// The messages of a conversation in the form that its provider takes, made once for each message and kept beside it: a
// step adds what is new, and the cost of what is old is one comparison a message. Edits are seen by identity.
import type { Message } from '@retinue/kernel'
import { type FormStyle, type MessageForm, messageForm, withoutForeign } from './message-form.ts'
import { messageTokens } from './message-tokens.ts'
import { answersForm } from './provider-approval.ts'
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
  /** The tokens of the messages up to each, as far as somebody asked. */
  #totals: number[] | undefined
  /** Whether some message has nothing to send. */
  #gaps = false
  /** Whether some message has parts that only their provider understands. */
  #isMixed = false
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
    if (this.#totals !== undefined && this.#totals.length > i) this.#totals.length = i
    if (this.#start >= i) this.#start = Math.max(0, known.findLastIndex(isSummary))
    for (; i < length; i++) {
      const message = messages.at(i)!
      const form = messageForm(message, this.#style)
      known.push(message)
      forms.push(form)
      this.#gaps ||= form === undefined
      this.#isMixed ||= message.role === 'assistant' && message.parts.some(({ type }) => type === 'provider')
      this.#cuts ||=
        message.role === 'tool' && message.parts.some((part) => isCut(part, this.#style.maxResultChars))
      if (isSummary(message)) this.#start = i
    }
  }

  /** The forms for a provider from the last summary on, behind `first`; a new array, since it may keep what it is given. */
  forms(provider: string, first: readonly MessageForm[] = []): MessageForm[] {
    if (this.#isMixed) return first.concat(this.#formsFor(provider))
    const forms = this.#start === 0 ? this.#forms : this.#forms.slice(this.#start)
    return first.concat(this.#gaps ? forms.filter((form) => form !== undefined) : (forms as MessageForm[]))
  }

  /** Estimates the tokens of the messages from the last summary on. */
  tokens(): number {
    const totals = (this.#totals ??= [])
    for (let i = totals.length; i < this.#messages.length; i++) {
      totals.push((totals[i - 1] ?? 0) + messageTokens(this.#messages[i]!, this.#style.maxResultChars))
    }
    return (totals.at(-1) ?? 0) - (totals[this.#start - 1] ?? 0)
  }

  /** The forms for a provider that has parts of its own among them, and answers to what it asked. */
  #formsFor(provider: string): MessageForm[] {
    const forms: (MessageForm | undefined)[] = []
    for (let i = this.#start; i < this.#messages.length; i++) {
      const message = this.#messages[i]!
      const own = withoutForeign(message, provider)
      forms.push(own === message ? this.#forms[i] : messageForm(own, this.#style))
      forms.push(answersForm(own) as MessageForm | undefined)
    }
    return forms.filter((form) => form !== undefined)
  }
}

function isSummary(message: Message): boolean {
  return message.role === 'user' && message.summary === true
}
