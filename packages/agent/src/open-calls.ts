// Tool calls of the history that have no result. Providers refuse such a history, so a call is always closed with a
// result that says what is known; nothing else of the history is touched. A call that waits for an approval stays
// open until it is answered, or until the user goes on without an answer.
import type { ChatSession, Message, ToolCallPart, ToolResultPart } from '@retinue/kernel'

/** The open calls of one assistant message. */
export interface OpenCalls {
  readonly message: Message
  /** The index of that message. */
  readonly index: number
  readonly calls: readonly ToolCallPart[]
}

/**
 * Finds the open calls of a session, the last first, so that closing them does not move those that follow. All of the
 * history is looked at once; after that only its last answer can have any.
 */
export function findOpenCalls(session: ChatSession): OpenCalls[] {
  const messages = session.messages.items
  const isKnown = known.has(session)
  known.add(session)
  const found: OpenCalls[] = []
  for (let index = messages.length - 1; index >= 0; index--) {
    if (messages[index]!.role !== 'assistant') continue
    found.push(...openCallsOf(messages, index))
    if (isKnown) break
  }
  return found
}

const known = new WeakSet<ChatSession>()

/** Adds results to the tool message that follows the calls, in the order of the calls. */
export function addResults(session: ChatSession, index: number, results: readonly ToolResultPart[]): void {
  if (results.length === 0) return
  const { messages } = session
  const next = messages.at(index + 1)
  if (next?.role !== 'tool') return messages.insert(index + 1, { role: 'tool', parts: [...results] })
  const parts = [...next.parts, ...results]
  const order = callsOf(messages.at(index)).map(({ toolCallId }) => toolCallId)
  parts.sort((a, b) => order.indexOf(a.toolCallId) - order.indexOf(b.toolCallId))
  messages.set(index + 1, { ...next, parts })
}

function openCallsOf(messages: readonly Message[], index: number): OpenCalls[] {
  const calls = callsOf(messages[index])
  if (calls.length === 0) return []
  const closed = new Set<string>()
  for (let i = index + 1; i < messages.length; i++) {
    const message = messages[i]!
    if (message.role !== 'tool') break
    for (const { toolCallId } of message.parts) closed.add(toolCallId)
  }
  const open = calls.filter(({ toolCallId }) => !closed.has(toolCallId))
  return open.length === 0 ? [] : [{ message: messages[index]!, index, calls: open }]
}

function callsOf(message: Message | undefined): ToolCallPart[] {
  return message?.role === 'assistant' ? message.parts.filter((part) => part.type === 'tool-call') : []
}
