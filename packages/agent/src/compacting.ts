// When a history is compacted, and how what a strategy makes of it comes into force: before a model call that would come
// near to what the model takes. A strategy that fails is a warning, and the history is sent as it is; one that tears a
// call from its result would make it useless, and is an error.
import { type Message, RetinueError } from '@retinue/kernel'
import { type CompactedHistory, compactHistory, type CompactionCall } from './compaction.ts'
import type { HistoryView } from './history-view.ts'
import { reasonOf } from './reason.ts'
import { type RunScope, viewIn } from './run-scope.ts'
import { mend, warnOnce } from './step.ts'
import { withinLimit } from './time-limit.ts'

/** The share of the room at which a history is compacted, and the one that it is made to fit into. */
const [nearShare, targetShare] = [0.8, 0.5]

/**
 * Compacts a history where it is time to; gives the tokens of what is shown then. It is no promise where there is
 * nothing to do, as at nearly every step. `roomTokens` is what the model takes, less the prompt and the longest answer.
 * @throws {RETINUE_COMPACTION_INVALID} where the strategy separates a call from its result.
 */
export function compactIfNear(
  scope: RunScope,
  roomTokens: number,
  ask: CompactionCall['ask'],
): number | Promise<number> {
  const tokens = viewIn(scope).look().tokens()
  if (roomTokens <= 0) {
    warnOnce(scope, 'prompt', 'maxContextTokens leaves no room for the history.')
    if (scope.tried.tokens > 0) return tokens // nothing would fit: once a run is enough
  }
  // What could not be made smaller, and fits, is not tried again at each step; the next run may have more luck.
  if (tokens <= Math.max(roomTokens * nearShare, Math.min(scope.tried.tokens * 1.1, roomTokens)))
    return tokens
  return compactNow(scope, roomTokens, ask)
}

async function compactNow(scope: RunScope, roomTokens: number, ask: CompactionCall['ask']): Promise<number> {
  const view = mend(scope) // closing a call later would show all of the history again
  const { compact = compactHistory, signal, emit } = scope
  const before = view.tokens()
  const [source, messages] = [view.messages, view.history.shown()]
  const call = { messages, maxTokens: roomTokens * targetShare, ask, count: view.count.bind(view) }
  let compacted: CompactedHistory | undefined
  try {
    const made = await withinLimit(Infinity, signal, () => compact(call))
    if (view.isEditedSince(source)) throw new Error('it was edited meanwhile')
    compacted = made
  } catch (error) {
    signal.throwIfAborted()
    const message = `The history could not be compacted, and is sent as it is: ${reasonOf(error)}`
    emit({ type: 'warning', about: 'history', message })
  }
  if (compacted !== undefined) apply(view, compacted, source, messages)
  const after = view.look().tokens()
  scope.tried.tokens = after
  if (after < before) emit({ type: 'compaction', tokensBefore: before, tokensAfter: after })
  return after
}

/** What a strategy gave, as it may be where nobody checks types. */
interface Given {
  readonly messages?: readonly Message[]
  readonly summary?: string
  readonly keepFrom?: number
}

function apply(
  view: HistoryView,
  compacted: CompactedHistory,
  source: readonly Message[],
  messages: readonly Message[],
): void {
  const { messages: shown, summary, keepFrom = 0 } = Object(compacted) as Given
  if (shown !== undefined) {
    if (!Array.isArray(shown) || shown.length === 0) throw invalid('it holds no message')
    if (view.tornIn(shown) > view.tornIn(messages)) throw invalid('it tears a call from its result')
    return view.replace(source, shown)
  }
  if (typeof summary !== 'string') throw invalid('it gave neither messages nor a summary')
  if (summary.trim() === '') throw invalid('its summary is empty')
  const first = messages[keepFrom]
  if (first === undefined || keepFrom < 1) throw invalid(`there is no message ${keepFrom} to keep`)
  if (first.role === 'tool') throw invalid(`message ${keepFrom} holds results of the message before it`)
  view.summarise(summary, keepFrom)
}

function invalid(why: string): RetinueError {
  return new RetinueError(
    'RETINUE_COMPACTION_INVALID',
    `A compaction made a history that no model takes: ${why}.`,
    {
      hint: 'Give { messages } or { summary, keepFrom }, and keep from a user or assistant message on.',
    },
  )
}
