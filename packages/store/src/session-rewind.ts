// Taking a session back: what makes an earlier state of it the newest. What came between stays in its history.
import type { Json } from '@retinue/kernel'
import { spliceBetween } from './message-splice.ts'
import type { Past } from './point.ts'
import { saveSession, type SessionSave } from './session-save.ts'
import type { StoredSession } from './stored-session.ts'

/** Says what to write; `writer` is the live session that is taken back. */
export function saveRewind(stored: StoredSession, { state, now }: Past, writer: string): SessionSave {
  const items = new Map<string, Json | undefined>(state.items)
  for (const key of stored.itemRevs.keys()) if (!items.has(key)) items.set(key, undefined) // it came later
  return saveSession(stored, { ...state, items, splice: spliceBetween(now, state.messages), writer })
}
