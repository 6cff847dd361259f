// An answer that makes calls, in the history: where their results go, each as soon as it is there, and where it is kept
// which of them wait for a yes.
import type { AssistantMessage, Message, ToolCallPart, ToolResultPart } from '@retinue/kernel'
import type { ApprovalAnswer } from './approval.ts'
import type { Messages } from './messages.ts'
import { withAnswer } from './provider-approval.ts'
import { providerCallId } from './provider-part.ts'
import { isWaiting, unasked } from './waiting-call.ts'

/** The calls that a message makes, save those that its provider runs. */
export function callsOf({ parts }: Message): ToolCallPart[] {
  return parts.filter((part) => part.type === 'tool-call')
}

/** The calls of one assistant message, and where their results go. */
export class CallMessage {
  readonly #messages: Messages
  #message: Message
  #index: number
  /** The place of each call among those of the message. */
  #places: ReadonlyMap<string, number> | undefined

  /** `message` is the one that was at `index`; whoever observes the history may have moved it, changed it, or taken it away. */
  constructor(messages: Messages, index: number, message: Message) {
    this.#messages = messages
    this.#index = index
    this.#message = message
  }

  get message(): Message {
    this.#find()
    return this.#message
  }

  /** A call as the history has it now; `undefined` where it is gone from there. */
  call(toolCallId: string): ToolCallPart | undefined {
    return this.#find() < 0
      ? undefined
      : callsOf(this.#message).find((each) => each.toolCallId === toolCallId)
  }

  /** Keeps results in the tool message that follows the calls, in the order of the calls; none of those waits any more. */
  close(...results: readonly ToolResultPart[]): void {
    for (const { toolCallId } of results) this.answered(toolCallId)
    const index = this.#find()
    const kept = results.filter((result) => this.#placeOf(result) >= 0)
    if (index < 0 || kept.length === 0) return
    const next = this.#messages.at(index + 1)
    if (next?.role !== 'tool') return this.#messages.insert(index + 1, { role: 'tool', parts: kept })
    const parts = [...next.parts]
    for (const result of kept) {
      const place = this.#placeOf(result)
      // Most come in the order of their calls, or nearly: looked for from the end, its place is found at once.
      parts.splice(parts.findLastIndex((each) => this.#placeOf(each) <= place) + 1, 0, result)
    }
    this.#messages.set(index + 1, { ...next, parts })
  }

  #placeOf({ toolCallId }: ToolResultPart): number {
    this.#places ??= new Map(callsOf(this.#message).map((call, i) => [call.toolCallId, i]))
    return this.#places.get(toolCallId) ?? -1
  }

  /** Takes the mark off again: from here on the call may have run. */
  answered(toolCallId: string): void {
    this.#find()
    for (const part of this.#message.parts)
      if (isCall(part, toolCallId) && isWaiting(part)) return this.mark(toolCallId, unasked)
  }

  /** Answers what a provider asked about a call of its own. */
  answer(toolCallId: string, answer: ApprovalAnswer): void {
    this.#change((message) => withAnswer(message, toolCallId, answer))
  }

  /** Puts another in the place of a call: one that is marked as waiting for a yes, so that it can be answered after a restart. */
  mark(toolCallId: string, change: (call: ToolCallPart) => ToolCallPart): void {
    this.#change(({ parts, ...message }) => {
      return { ...message, parts: parts.map((part) => (isCall(part, toolCallId) ? change(part) : part)) }
    })
  }

  #change(change: (message: AssistantMessage) => AssistantMessage): void {
    const index = this.#find()
    if (index >= 0 && this.#message.role === 'assistant') this.#messages.set(index, change(this.#message))
  }

  /** Where the message is now, or another in its place that makes its calls: somebody has changed what it says. */
  #find(): number {
    if (this.#messages.at(this.#index) === this.#message) return this.#index
    this.#index = this.#messages.indexOf(this.#message)
    if (this.#index < 0) this.#follow()
    return this.#index
  }

  #follow(): void {
    const ids = idsIn(this.#message)
    const { items } = this.#messages
    this.#index = items.findLastIndex((each) => idsIn(each).some((id) => ids.includes(id)))
    if (this.#index < 0) return
    this.#message = items[this.#index]!
    this.#places = undefined
  }
}

/** The ids of the calls in an answer, those that its provider runs as well. */
function idsIn(message: Message): string[] {
  const parts: readonly Message['parts'][number][] = message.parts
  return parts.flatMap((part) => (part.type === 'tool-call' ? part.toolCallId : (providerCallId(part) ?? [])))
}

function isCall(part: Message['parts'][number], toolCallId: string): part is ToolCallPart {
  return part.type === 'tool-call' && part.toolCallId === toolCallId
}
