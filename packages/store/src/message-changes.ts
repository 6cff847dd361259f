// What has changed of a session's messages since they were saved. Commits tell where, so that a save looks at what was
// touched, and costs the same on an old conversation as on a new one.
import type { ListPatch, Message, ObservableList } from '@retinue/kernel'
import { type Same, spliceBetween, spliced, type Splice } from './message-splice.ts'

/** A save of messages. */
export interface MessageSave {
  /** What to write; `undefined` where nothing has changed. */
  readonly splice: Splice | undefined
  /** It was written. */
  done(): void
  /** It was not. */
  undo(): void
}

/** Follows the messages of one session. */
export class MessageChanges {
  readonly #list: ObservableList<Message>
  #saved: Message[]
  /** How much of what was saved no commit has touched since. */
  #same = all
  /** How many there are by what was told. */
  #length: number

  constructor(list: ObservableList<Message>, saved: readonly Message[]) {
    this.#list = list
    this.#saved = [...saved]
    this.#length = list.length
    if (list.length !== saved.length) this.markAll()
  }

  /** Takes in what a commit changed. */
  take({ index, removed, added }: Pick<ListPatch, 'index' | 'removed' | 'added'>): void {
    this.#length += added.length - removed.length
    this.#same = both(this.#same, { start: index, end: this.#length - index - added.length })
  }

  /** Has the next save compare each message: a commit may have gone by untold. */
  markAll(): void {
    this.#same = none
  }

  /** Plans a save of all that has changed until now. */
  plan(): MessageSave {
    if (this.#list.length !== this.#length) this.markAll()
    const same = this.#same
    const splice = spliceBetween(this.#saved, this.#list, same)
    this.#same = all
    this.#length = this.#list.length
    return {
      splice,
      done: () => {
        if (splice === undefined) return
        const { index, removed, added } = splice
        this.#saved = spliced(this.#saved, index, removed.length, added)
      },
      undo: () => {
        this.#same = both(this.#same, same)
      },
    }
  }
}

const all: Same = { start: Infinity, end: Infinity }
const none: Same = { start: 0, end: 0 }

function both(one: Same, other: Same): Same {
  return { start: Math.min(one.start, other.start), end: Math.min(one.end, other.end) }
}
