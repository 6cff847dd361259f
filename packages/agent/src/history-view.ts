// What the model is shown of a conversation: all of it from the last summary on, or what a compaction made of that. The
// history itself stays whole: a summary is one more message in it, and what else a compaction leaves out is left out
// of the requests alone. When the history is edited where it was compacted, it is shown as it is again.
import type { Message } from '@retinue/kernel'
import { Attachment } from './attachment.ts'
import { summaryMessage } from './compaction.ts'
import { History, type ViewStyle } from './history.ts'
import type { MessageForm } from './message-form.ts'
import type { Messages } from './messages.ts'
import { messageTokens } from './message-tokens.ts'

/** Gives the view of a conversation: one for each, so that what was made is made once; what was compacted stays so. */
export function viewOf(messages: Messages, style: ViewStyle): HistoryView {
  const view = views.get(messages)
  return view?.has(style) ? view : views.set(messages, new HistoryView(messages, style, view))
}

/** What is known of a conversation since a model was shown it last; nothing where none was in this process. */
export function historyOf(messages: Messages): History | undefined {
  return views.get(messages)?.history
}

const views = new Attachment<Messages, HistoryView>()

/** The least estimate that is corrected by what a provider counted. */
const leastLearnt = 1000

/** What a compaction made of the beginning of a history. */
interface Compacted {
  readonly source: readonly Message[]
  readonly shown: readonly Message[]
  readonly history: History
}

/** The view of one conversation. */
export class HistoryView {
  readonly #messages: Messages
  readonly #style: ViewStyle
  /** All of it, whether or not it is shown. */
  readonly history: History
  #compacted: Compacted | undefined
  /** How often the conversation had changed when it was looked at; nothing where something else is shown since. */
  #seen: number | undefined
  /** How many tokens a provider counts where the estimate says one. */
  #factor = 1

  /** With `before`, which was of another style, it shows what that one has compacted as compacted. */
  constructor(messages: Messages, style: ViewStyle, before?: HistoryView) {
    this.#messages = messages
    this.#style = style
    this.history = new History(style)
    const compacted = before && before.#compacted
    if (compacted !== undefined) this.#compacted = { ...compacted, history: new History(style) }
  }

  has({ version, maxResultChars }: ViewStyle): boolean {
    return this.#style.version === version && this.#style.maxResultChars === maxResultChars
  }

  /** Looks at the conversation; all else is told of it as it is now. */
  look(): this {
    if (this.#seen === this.#messages.changes) return this
    this.#seen = this.#messages.changes
    this.history.look(this.#messages)
    const compacted = this.#compacted
    if (compacted === undefined) return this
    const { source, shown, history } = compacted
    if (this.isEditedSince(source)) this.#compacted = undefined
    else history.look([...shown, ...this.#messages.slice(source.length)])
    return this
  }

  /** Whether the model needs a way to read results that it is not shown whole. */
  get isCut(): boolean {
    return this.#compacted !== undefined || this.history.hasCuts
  }

  /** The forms of what is shown for the model of a name, behind `first`. */
  forms(model: string, first: readonly MessageForm[]): MessageForm[] {
    return this.#shown.forms(model, first)
  }

  /** Sends no more of the answers that are shown than what they say and call; tells whether there was more. */
  disown(): boolean {
    return this.#shown.disown()
  }

  /** Estimates the tokens of what is shown. */
  tokens(): number {
    return Math.ceil(this.#shown.tokens() * this.#factor)
  }

  /** Estimates the tokens of messages. */
  count(messages: readonly Message[]): number {
    let tokens = 0
    for (const message of messages) tokens += messageTokens(message, this.#style.maxResultChars)
    return Math.ceil(tokens * this.#factor)
  }

  /** Counts where calls and results of messages do not stand together. */
  tornIn(messages: readonly Message[]): number {
    const history = new History(this.#style)
    history.look(messages)
    return history.torn.length
  }

  /** Corrects the estimates by what a provider counted. */
  learn(estimated: number, counted: number): void {
    // Of what is short the provider's own frame is too large a share.
    if (estimated < leastLearnt || counted === 0) return
    this.#factor = Math.min(Math.max((this.#factor * counted) / estimated, 0.5), 2)
  }

  /** All messages as they are now. */
  get messages(): readonly Message[] {
    return this.#messages.items
  }

  /** Whether messages that were there have changed; those that were added behind them don't count. */
  isEditedSince(before: readonly Message[]): boolean {
    return before.some((message, i) => message !== this.#messages.at(i))
  }

  /** Shows `shown` in place of the messages that were there. */
  replace(source: readonly Message[], shown: readonly Message[]): void {
    this.#seen = undefined
    const history = new History(this.#style)
    if (this.#shown.isDisowned) {
      history.look(shown)
      history.disown()
    }
    this.#compacted = { source, shown, history }
  }

  /** Keeps a summary of what is before the message at `index` of `whole`; what follows is shown as it is. */
  summarise(summary: string, index: number): void {
    this.#compacted = undefined
    this.#messages.insert(this.history.indexOf(index), summaryMessage(summary))
  }

  get #shown(): History {
    return (this.#compacted ?? this).history
  }
}
