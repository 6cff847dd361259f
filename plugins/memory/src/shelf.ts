// A shelf holds the memories of one scope, the oldest first. All here is pure: shelf in, shelf out.
import { type Frozen, type Static, Type } from '@retinue/kernel'
import { failure } from './errors.ts'

/** For whom something is remembered: the person, in all their sessions, or this session alone. */
export const Scope = Type.Enum(['user', 'session'], { type: 'string' })
export type Scope = Static<typeof Scope>

/** Something that was written down. */
export const Memory = Type.Object({
  /** Given once: `s7` for the seventh of a session; for one of a user, `u` and any number that is free. */
  id: Type.String({ pattern: '^[us][1-9][0-9]{0,9}$' }),
  text: Type.String({ minLength: 1 }),
  /** The day on which it was written down: `2026-10-05`. */
  day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
})
export type Memory = Frozen<Static<typeof Memory>>

/** The memories of one scope. */
export const Shelf = Type.Object({
  lastId: Type.Integer({ minimum: 0 }),
  items: Type.Array(Memory, { merge: true }),
})
export type Shelf = Frozen<Static<typeof Shelf>>

/** How much a shelf takes. */
export interface ShelfLimits {
  readonly maxMemories: number
  readonly maxLength: number
}

/** Puts a text on a shelf, unless it stands there already. @throws {RETINUE_MEMORY_FULL} */
export function remember(
  { lastId, items }: Shelf,
  scope: Scope,
  text: string,
  { maxMemories, maxLength }: ShelfLimits,
): Shelf {
  if (text.length > maxLength) {
    throw failure(
      'RETINUE_MEMORY_FULL',
      `The text has ${text.length} characters; a memory has at most ${maxLength}.`,
      'Say it shorter, or in several memories.',
    )
  }
  if (items.some((memory) => memory.text === text)) return { lastId, items }
  if (items.length >= maxMemories) {
    const oldest = items.slice(0, 3).map(({ id }) => id)
    throw failure(
      'RETINUE_MEMORY_FULL',
      `${items.length} memories are kept for the ${scope}, which is the most.`,
      `Forget what no longer holds (the oldest are ${oldest.join(', ')}), or remember several as one.`,
    )
  }
  const day = new Date().toISOString().slice(0, 10)
  if (scope === 'user') return { lastId, items: [...items, { id: freeId(items), text, day }] }
  return { lastId: lastId + 1, items: [...items, { id: `s${lastId + 1}`, text, day }] }
}

/** An id that no other process gives at the same time, as counting would have it. */
function freeId(items: Shelf['items']): string {
  for (;;) {
    const id = `u${100_000 + Math.floor(Math.random() * 900_000)}`
    if (items.every((memory) => memory.id !== id)) return id
  }
}

/** Takes memories off a shelf; those that are not on it are left to others. */
export function without({ lastId, items }: Shelf, ids: ReadonlySet<string>): Shelf {
  return { lastId, items: items.filter(({ id }) => !ids.has(id)) }
}
