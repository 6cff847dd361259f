// The messages of a conversation in the form that its provider takes, made once for each message and kept beside it: a
// step adds what is new, and the cost of what is old is one comparison a message. Edits are seen by identity.
import type { Message, ToolOutput } from '@retinue/kernel'
import { holdsOwn } from './answer-part.ts'
import { exchangeOf, idsIn } from './exchange.ts'
import { type FormStyle, type MessageForm, messageForm } from './message-form.ts'
import { messageTokens } from './message-tokens.ts'
import { answersForm } from './provider-approval.ts'
import { isPaused, providerResult } from './provider-part.ts'
import { hasQuirk } from './quirk.ts'
import { isCut } from './result-page.ts'
import { holdsThought, withoutThoughts } from './thought.ts'

/** Messages to read: a list, or an array. */
export interface MessageView {
  readonly length: number
  at(index: number): Message | undefined
  slice(start: number, end: number): readonly Message[]
}

/** What the forms of all models of a kind depend on. */
export type ViewStyle = Omit<FormStyle, 'model'>

/** Messages as they were when it last looked, and what was made of each. */
export class History {
  /** Where calls and results do not stand together: the indexes of the messages that they stand behind. */
  readonly torn: number[] = []
  /** Whether a result was cut, so that the model needs a way to read on. */
  hasCuts = false
  /** Those for another model may be others. */
  #style: FormStyle
  readonly #messages: Message[] = []
  /** What is sent in the place of a message by its index, where that is not itself: an edit has torn what it stands in. */
  readonly #mended = new Map<number, readonly Message[]>()
  /** The ids that are taken by what is shown. */
  readonly #ids = new Set<string>()
  /** The forms, as far as somebody asked for them: a message may have none, or two. */
  readonly #forms: MessageForm[] = []
  /** How many forms there are up to each message. */
  readonly #ends: number[] = []
  /** The tokens up to each message, as far as somebody asked. */
  readonly #tokens: number[] = []
  /** The first message of this turn that is another when the turn is over: with a thought, or left in a pause. */
  #open = Infinity
  /** The last message of the user: what was thought before it is over. */
  #turn = -1
  /** Up to which message nothing goes back that a provider attached: it takes that no longer. */
  #disowned = 0
  #start = 0

  constructor(style: ViewStyle) {
    this.#style = { ...style, model: '' }
  }

  /** Whether what is shown has this id: of a call, or under which a provider stored something. */
  hasId(id: string): boolean {
    return this.#ids.has(id)
  }

  /** What may be sent from the last summary on, whatever the provider. */
  shown(): readonly Message[] {
    return this.#messages.flatMap((_, i) => (i < this.#start ? none : this.#shown(i)))
  }

  #shown(index: number): readonly Message[] {
    return this.#mended.get(index) ?? [this.#messages[index]!]
  }

  /** The index of the message that `shown` has something of at an index. */
  indexOf(shownIndex: number): number {
    let left = shownIndex
    for (let i = this.#start; ; i++) if ((left -= this.#shown(i).length) < 0) return i
  }

  /** The whole output of a call, by the id that the model is shown. */
  outputOf(toolCallId: string): ToolOutput | undefined {
    for (let i = this.#messages.length - 1; i >= 0; i--) {
      for (const part of this.#shown(i).flatMap<Message['parts'][number]>(({ parts }) => parts)) {
        const result = part.type === 'tool-result' ? part : providerResult(part)
        if (result?.toolCallId === toolCallId) return result.output
      }
    }
    return undefined
  }

  /** Looks at messages: forgets what was made of those that are gone, and learns what is to be known of new ones. */
  look(messages: MessageView): void {
    const known = this.#messages
    const { length } = messages
    let i = 0
    while (i < known.length && known[i] === messages.at(i)) i++
    if (i === known.length && i === length) return
    // What is shown of a message hangs on the results that stand behind it, or did.
    while (i > 0 && (known[i]?.role === 'tool' || messages.at(i)?.role === 'tool')) i--
    this.#forget(i)
    while (i < length) i = this.#learn(messages, i)
  }

  /** Makes the forms of what the turn before had open anew. */
  #startTurn(index: number): void {
    this.#turn = index
    this.#forgetForms(this.#open)
    this.#open = Infinity
  }

  /** Whether of the first answers no more is sent than what they say and call. */
  get isDisowned(): boolean {
    return this.#disowned > 0
  }

  /**
   * Sends of the answers so far what they say and call alone, since their provider refuses what it attached to them
   * itself; tells whether that was anything.
   */
  disown(): boolean {
    const answers = this.#messages.slice(this.#disowned).filter(({ role }) => role === 'assistant')
    this.#disowned = this.#messages.length
    this.#forgetForms(0)
    return answers.some((answer) => !isCutOff(answer) && isBy(this.#style.model, answer) && holdsOwn(answer))
  }

  #forget(from: number): void {
    for (let i = from; i < this.#messages.length; i++) {
      for (const message of this.#shown(i)) for (const id of idsIn(message)) this.#ids.delete(id)
      this.#mended.delete(i)
    }
    this.#messages.length = from
    this.#disowned = Math.min(this.#disowned, from)
    while (this.torn.at(-1)! >= from) this.torn.pop()
    if (this.#start >= from) this.#start = Math.max(0, this.#messages.findLastIndex(isSummary))
    if (this.#tokens.length > from) this.#tokens.length = from
    this.#forgetForms(from)
    if (this.#turn < from) return
    // What was over is not any more.
    this.#turn = this.#messages.findLastIndex(({ role }) => role === 'user')
    this.#open = Math.max(0, this.#turn)
    this.#forgetForms(this.#open)
  }

  #forgetForms(from: number): void {
    if (this.#ends.length > from) this.#ends.length = from
    this.#forms.length = this.#ends.at(-1) ?? 0
  }

  /** Learns an exchange; gives where the next one begins. */
  #learn(messages: MessageView, start: number): number {
    let end = start + 1
    while (messages.at(end)?.role === 'tool') end++
    const exchange = messages.slice(start, end)
    const { shown, isTorn } = exchangeOf(exchange, (id) => this.#ids.has(id))
    if (isTorn) this.torn.push(start)
    if (isSummary(exchange[0]!)) this.#start = start
    if (exchange[0]!.role === 'user') this.#startTurn(start)
    else if (shown.some(holdsThought) || shown.some(isPaused)) this.#open = Math.min(this.#open, start)
    for (const message of shown) this.#note(message)
    this.#messages.push(...exchange)
    if (shown !== exchange) for (let i = start; i < end; i++) this.#mended.set(i, i === start ? shown : none)
    return end
  }

  #note(message: Message): void {
    for (const id of idsIn(message)) this.#ids.add(id)
    if (message.role === 'tool')
      this.hasCuts ||= message.parts.some((part) => isCut(part, this.#style.maxResultChars))
  }

  /**
   * The forms for a model from the last summary on, behind `first`; a new array, since it may keep what it is given.
   * They begin and end with what is not the model's own, as some providers want it.
   */
  forms(model: string, first: readonly MessageForm[]): MessageForm[] {
    const forms = this.#forms
    const ends = this.#ends
    if (this.#style.model !== model) {
      this.#style = { ...this.#style, model }
      forms.length = ends.length = 0
    }
    for (let i = ends.length; i < this.#messages.length; i++) {
      for (const message of this.#shown(i)) this.#addForms(message, i)
      ends.push(forms.length)
    }
    const end = this.#end()
    const [from, to] = [this.#start === 0 ? 0 : ends[this.#start - 1]!, ends[end - 1] ?? 0]
    const said = from === 0 && to === forms.length ? forms : forms.slice(from, to)
    const all = first.concat(said)
    if (said[0]?.role !== 'user')
      all.splice(first.length, 0, saying('user', '[The conversation begins here.]'))
    const last = all.at(-1)!
    if (last.role === 'assistant' && !last.content.some(isGoneOnWith)) all.push(saying('user', 'Go on.'))
    return all
  }

  /**
   * Where answers begin that broke off, and nothing follows. A model that is asked for the answer again is not shown
   * them: some providers would take them for the beginning of it, and others refuse a request that ends so.
   */
  #end(): number {
    let end = this.#messages.length
    for (; end > 0; end--) {
      const last = this.#shown(end - 1).at(-1)
      if (last !== undefined && !isCutOff(last)) break
    }
    return end
  }

  #addForms(message: Message, index: number): void {
    const sent = this.#asOfNow(message, index)
    const form = messageForm(sent, this.#style)
    if (form !== undefined) {
      if (this.#wantsAnswerBefore(message)) this.#forms.push(saying('assistant', '[No answer.]'))
      this.#forms.push(form)
    }
    const answers = answersForm(sent) as MessageForm | undefined
    if (answers !== undefined) this.#forms.push(answers)
  }

  /** Whether the model wants an answer before a message that would follow another of the user's, or results. */
  #wantsAnswerBefore(message: Message): boolean {
    const { role = 'assistant' } = this.#forms.at(-1) ?? {}
    if (message.role !== 'user' || role === 'assistant') return false
    return !isSummary(message) && hasQuirk(this.#style.model, 'alternates') // what is shown begins with a summary
  }

  /**
   * A message as it is sent now: when its turn is over, without thoughts, nor what it paused in and was not waited for;
   * and of another model's answer, or one that is disowned, what it says and calls. Providers refuse a request for the rest.
   */
  #asOfNow(message: Message, index: number): Message {
    const isOver = index < this.#turn
    const shown = holdsThought(message) ? withoutThoughts(message, isOver) : message
    const next = this.#messages[index + 1]
    const isLeft = isOver && isPaused(message) && (next?.role === 'user' || isCutOff(next))
    const isDisowned = index < this.#disowned && message.role === 'assistant'
    return isLeft || isDisowned || !isBy(this.#style.model, message)
      ? ({ ...shown, partial: true } as Message)
      : shown
  }

  /** Estimates the tokens of the messages from the last summary on. */
  tokens(): number {
    const tokens = this.#tokens
    for (let i = tokens.length; i < this.#messages.length; i++) {
      let sum = tokens[i - 1] ?? 0
      for (const message of this.#shown(i)) sum += messageTokens(message, this.#style.maxResultChars)
      tokens.push(sum)
    }
    return (tokens.at(-1) ?? 0) - (tokens[this.#start - 1] ?? 0)
  }
}

const none: readonly never[] = []

/** Whether an answer that holds a part may be one that its provider goes on with, and wants back as it was. */
function isGoneOnWith({ type }: { readonly type: string }): boolean {
  return !/^(text|file|reasoning)$/.test(type)
}

/** Whether a model made an answer; one that was stored before answers told that names its provider at most. */
function isBy(model: string, message: Message): boolean {
  if (message.role !== 'assistant') return true
  const { model: own, parts } = message
  if (own !== undefined) return own === model
  return parts.every((part) => part.type !== 'provider' || model.startsWith(`${part.provider}/`))
}

function isCutOff(message: Message | undefined): boolean {
  return message?.role === 'assistant' && message.partial === true
}

function saying(role: 'user' | 'assistant', text: string): MessageForm {
  return { role, content: [{ type: 'text', text }] }
}

function isSummary(message: Message): boolean {
  return message.role === 'user' && message.summary === true
}
