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

/** Messages as they were when it last looked, and what was made of each. */
export class History {
  readonly #style: FormStyle
  readonly #messages: Message[] = []
  /** The forms, as far as somebody asked for them: a message may have none, or two. */
  readonly #forms: MessageForm[] = []
  /** How many forms there are up to each message. */
  readonly #ends: number[] = []
  /** The tokens up to each message, as far as somebody asked. */
  readonly #tokens: number[] = []
  /** Whether some message has parts that only their provider understands. */
  #isMixed = false
  /** Whose the forms are, where those for another provider are others. */
  #provider = ''
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

  /** Looks at messages: forgets what was made of those that are gone, and learns what is to be known of new ones. */
  look(messages: MessageView): void {
    const known = this.#messages
    const { length } = messages
    let i = 0
    while (i < known.length && known[i] === messages.at(i)) i++
    if (i < known.length) this.#forget(i)
    for (; i < length; i++) {
      const message = messages.at(i)!
      known.push(message)
      this.#isMixed ||= message.role === 'assistant' && message.parts.some(({ type }) => type === 'provider')
      this.#cuts ||=
        message.role === 'tool' && message.parts.some((part) => isCut(part, this.#style.maxResultChars))
      if (isSummary(message)) this.#start = i
    }
  }

  #forget(from: number): void {
    this.#messages.length = from
    if (this.#start >= from) this.#start = Math.max(0, this.#messages.findLastIndex(isSummary))
    if (this.#tokens.length > from) this.#tokens.length = from
    if (this.#ends.length > from) this.#ends.length = from
    this.#forms.length = this.#ends.at(-1) ?? 0
  }

  /** The forms for a provider from the last summary on, behind `first`; a new array, since it may keep what it is given. */
  forms(provider: string, first: readonly MessageForm[] = []): MessageForm[] {
    const [forms, ends] = [this.#forms, this.#ends]
    if (this.#isMixed && this.#provider !== provider) {
      this.#provider = provider
      forms.length = ends.length = 0
    }
    for (let i = ends.length; i < this.#messages.length; i++) {
      this.#addForms(this.#messages[i]!, provider)
      ends.push(forms.length)
    }
    return first.concat(this.#start === 0 ? forms : forms.slice(ends[this.#start - 1]))
  }

  #addForms(message: Message, provider: string): void {
    const own = this.#isMixed ? withoutForeign(message, provider) : message
    const form = messageForm(own, this.#style)
    if (form !== undefined) this.#forms.push(form)
    const answers = this.#isMixed ? answersForm(own) : undefined
    if (answers !== undefined) this.#forms.push(answers as MessageForm)
  }

  /** Estimates the tokens of the messages from the last summary on. */
  tokens(): number {
    const tokens = this.#tokens
    for (let i = tokens.length; i < this.#messages.length; i++) {
      tokens.push((tokens[i - 1] ?? 0) + messageTokens(this.#messages[i]!, this.#style.maxResultChars))
    }
    return (tokens.at(-1) ?? 0) - (tokens[this.#start - 1] ?? 0)
  }
}

function isSummary(message: Message): boolean {
  return message.role === 'user' && message.summary === true
}
