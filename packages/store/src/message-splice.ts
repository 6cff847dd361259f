// What was done to a list of messages: in memory, and as its log keeps it, one entry for each save.
import type { Json, Message } from '@retinue/kernel'
import { type JsonPatch, littlePatch, patched } from './json-patch.ts'

/** A change of the list of messages. */
export interface Splice {
  readonly index: number
  readonly removed: readonly Message[]
  readonly added: readonly Message[]
}

/** A splice as the log keeps it. */
export interface MessageSplice {
  /** Of the session: with which save it came. */
  readonly revision: number
  readonly index: number
  readonly removed: number
  /** What the first of those removed became, by what was done to them: a result more among those of an answer's calls. */
  readonly changed?: readonly JsonPatch[]
  /** What came behind these. */
  readonly added: readonly Message[]
}

/** How many messages of a list are as they were, at its beginning and at its end, as far as that is known. */
export interface Same {
  readonly start: number
  readonly end: number
}

type Messages = Pick<readonly Message[], 'length' | 'at' | 'slice'>

/** What was done to one list to make it the other, told by identity: messages are never changed in place. */
export function spliceBetween(
  before: readonly Message[],
  after: Messages,
  same: Same = { start: 0, end: 0 },
): Splice | undefined {
  const shorter = Math.min(before.length, after.length)
  let start = Math.min(same.start, shorter)
  while (start < shorter && before[start] === after.at(start)) start++
  let end = Math.min(same.end, shorter - start)
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const removed = before.slice(start, before.length - end)
  const added = after.slice(start, after.length - end)
  return removed.length === 0 && added.length === 0 ? undefined : { index: start, removed, added }
}

/** The entry of the log for a splice. */
export function logEntry(revision: number, { index, removed, added }: Splice): MessageSplice {
  const changed: JsonPatch[] = []
  for (const [i, before] of removed.entries()) {
    const patch = littlePatch(before as unknown as Json, added[i] as Json | undefined, 1)
    if (patch === undefined) break
    changed.push(patch)
  }
  return {
    revision,
    index,
    removed: removed.length,
    ...(changed.length > 0 && { changed }),
    added: added.slice(changed.length),
  }
}

/** The messages after an entry of their log. @throws where it does not fit them. */
export function replayed(messages: Message[], entry: MessageSplice): Message[] {
  const { index, removed, changed = [], added } = entry
  if (!(index >= 0 && removed >= changed.length && index + removed <= messages.length)) throw new RangeError()
  const kept = changed.map(
    (patch, i) => patched(messages[index + i] as unknown as Json, patch) as unknown as Message,
  )
  return spliced(messages, index, removed, [...kept, ...added])
}

/** The list after a splice; one at its end is done in place. */
export function spliced<T>(list: T[], index: number, removed: number, added: readonly T[]): T[] {
  if (index + removed < list.length)
    return [...list.slice(0, index), ...added, ...list.slice(index + removed)]
  list.length = index
  for (const item of added) list.push(item)
  return list
}
