// Compaction: what a long history is made into when it nears what a model can take. Old results of tools are taken out
// first, which costs nothing; where that is not enough, the model sums up what is older. A strategy is a function, and
// can be replaced by another.
import { checkOptions, type Message, option } from '@retinue/kernel'
import { providerResult } from './provider-part.ts'
import { withoutProviderResults } from './provider-results.ts'
import { droppedResult } from './result-page.ts'

/** What a compaction works on. */
export interface CompactionCall {
  /** The history from the last summary on, whole. */
  readonly messages: readonly Message[]
  /** How many tokens it should come to at most. */
  readonly maxTokens: number
  /** Estimates the tokens of messages, by what the provider has counted before. */
  count(messages: readonly Message[]): number
  /** Asks the model of the run about messages, at the expense of the run's budget. */
  ask(messages: readonly Message[], question: string): Promise<string>
}

/**
 * What a history is made into. `messages` are shown in place of it, from now on, by this process; a `summary` of all
 * messages before `keepFrom` is kept in the session as a message of its own. The messages themselves stay.
 */
export type CompactedHistory =
  | { readonly messages: readonly Message[] }
  | { readonly summary: string; readonly keepFrom: number }

/** Makes a history smaller; nothing where it can't. */
export type Compaction = (
  call: CompactionCall,
) => CompactedHistory | undefined | PromiseLike<CompactedHistory | undefined>

/** Takes old results out, as few as will do, and sums up what is old where that is not enough. */
export const compactHistory: Compaction = async (call) => {
  for (const keep of [4, 2, 1]) {
    const messages = withoutResults(call.messages, keep)
    if (call.count(messages) <= call.maxTokens) return { messages }
  }
  return (await summarise(call)) ?? { messages: withoutResults(call.messages, 1) }
}

/**
 * Takes the results of tools out, save those of the last `keep` messages that hold any (4 unless it says otherwise); the
 * model can still read each by `read_result`. Results of tools that a provider ran itself go with their calls, where it
 * allows that.
 */
export function dropResults(options: { readonly keep?: number } = {}): Compaction {
  checkOptions('dropResults()', options, { keep: option.number(0) })
  const { keep = 4 } = options
  return ({ messages }) => ({ messages: withoutResults(messages, keep) })
}

function withoutResults(messages: readonly Message[], keep: number): readonly Message[] {
  let kept = 0
  const last = messages.findLast(({ role }) => role === 'assistant')
  const shown = messages.toReversed().map((message): Message => {
    if (!holdsResults(message) || kept++ < keep) return message
    if (message.role === 'tool') return { ...message, parts: message.parts.map(droppedResult) }
    // A provider may go on with its last answer, and wants it back as it was.
    return message.role === 'assistant' && message !== last ? withoutProviderResults(message) : message
  })
  return shown.reverse()
}

function holdsResults({ role, parts }: Message): boolean {
  return role === 'tool' || (role === 'assistant' && parts.some((part) => providerResult(part) !== undefined))
}

/** Lets the model sum up all but the newest messages, piece by piece where it can't take them at once. */
export const summarise: Compaction = async (call) => {
  const { messages, maxTokens } = call
  const keepFrom = startOfNewest(call, maxTokens / 2)
  if (keepFrom === 0) return undefined
  let summary = ''
  for (const piece of piecesOf(withoutResults(messages.slice(0, keepFrom), 4), call)) {
    summary = await call.ask(summary === '' ? piece : [summaryMessage(summary), ...piece], question)
    if (summary.trim() === '') return undefined
  }
  return { summary, keepFrom }
}

/** A summary as the message that stands for what is before it. */
export function summaryMessage(summary: string): Message {
  const text = `[A summary of the conversation so far]\n${summary}`
  return { role: 'user', parts: [{ type: 'text', text }], summary: true }
}

/** Parts messages where more come together than a model can sum up at once; never between a call and its result. */
function piecesOf(messages: readonly Message[], { count, maxTokens }: CompactionCall): Message[][] {
  const most = Math.max(maxTokens * pieceShare, count(messages) / mostPieces)
  const pieces: Message[][] = [[]]
  let tokens = 0
  for (const message of messages) {
    const more = count([message])
    if (tokens > 0 && tokens + more > most && message.role !== 'tool') {
      pieces.push([])
      tokens = 0
    }
    pieces.at(-1)!.push(message)
    tokens += more
  }
  return pieces
}

/** A history is to come to half of what the model takes; what it sums up may take nearly all of that. */
const pieceShare = 1.8

/** What is longer is parted into longer pieces: each is a model call. */
const mostPieces = 16

const question = `Sum up the conversation so far for whoever carries it on in your place, and has nothing else of it:
- what the user wants, and what was said about how;
- what was done and found: names, paths, numbers, decisions and their reasons;
- what is open, and what comes next.
Leave out what no longer matters. Answer with the summary alone, and call no tool.`

/** Where the newest messages begin that have so many tokens together; never between a call and its result. */
function startOfNewest({ messages, count }: CompactionCall, maxTokens: number): number {
  let start = messages.length
  for (let tokens = 0; start > 0; start--) {
    tokens += count([messages[start - 1]!])
    if (tokens > maxTokens) break
  }
  while (start < messages.length && messages[start]!.role === 'tool') start++
  if (start < messages.length) return start
  // Not even the last message fits: it is kept all the same, with the calls that it may answer.
  return messages.findLastIndex(({ role }) => role !== 'tool')
}
