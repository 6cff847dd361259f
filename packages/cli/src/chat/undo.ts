// Taking turns back. Everything that a session stores is told as patches, so a turn is undone by replaying its patches
// the other way round: messages, contexts, tools. What tools did in the world stays done.
import type { ChatSession, Patch } from '@retinue/kernel'

/** Remembers what each turn of a session stored. */
export class Undo {
  readonly #session: ChatSession
  readonly #turns: Patch[][] = []
  #current: Patch[] | undefined

  constructor(session: ChatSession) {
    this.#session = session
    session.on('committed', ({ patches }) => this.#current?.push(...patches))
  }

  /** Runs a turn, so that it can be undone. */
  async turn<T>(play: () => Promise<T>): Promise<T> {
    const patches: Patch[] = []
    this.#current = patches
    try {
      return await play()
    } finally {
      this.#current = undefined
      if (patches.length > 0) this.#turns.push(patches)
    }
  }

  /**
   * Takes the last turn back; tells whether there was one.
   * @throws {RETINUE_PATCH_INVALID} where what came after does not allow it, with nothing changed.
   */
  undo(): boolean {
    const patches = this.#turns.at(-1)
    if (patches === undefined) return false
    this.#session.replay(patches.toReversed().map(inverse))
    this.#turns.pop()
    return true
  }
}

/** The patch that takes a patch back. */
export function inverse(patch: Patch): Patch {
  if ('list' in patch) return { ...patch, removed: patch.added, added: patch.removed }
  if ('requested' in patch) return { ...patch, requested: !patch.requested }
  const { from, to, ...rest } = patch
  return { ...rest, ...(to !== undefined && { from: to }), ...(from !== undefined && { to: from }) } as Patch
}
