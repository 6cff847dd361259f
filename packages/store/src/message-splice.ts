// What was done to a list of messages, as its log keeps it: one splice for each save.
import type { Message } from '@retinue/kernel'

/** A change of the list of messages. */
export interface Splice {
  readonly index: number
  readonly removed: number
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
  const removed = before.length - start - end
  const added = after.slice(start, after.length - end)
  return removed === 0 && added.length === 0 ? undefined : { index: start, removed, added }
}

/** The list after a splice; one at its end is done in place. */
export function spliced<T>(list: T[], { index, removed }: Splice, added: readonly T[]): T[] {
  if (index + removed < list.length)
    return [...list.slice(0, index), ...added, ...list.slice(index + removed)]
  list.length = index
  for (const item of added) list.push(item)
  return list
}
