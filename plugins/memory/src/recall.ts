// Finds memories by what they say, with a full-text index over both shelves. The index is kept for as long as its
// shelves are: a shelf that changes is a new one, so nothing has to be kept in step.
import MiniSearch from 'minisearch'
import type { Memory } from './shelf.ts'
import { isPiece, wordsOf } from './words.ts'

/** The memories that share a word with the query, beginnings and slips of the pen included, the best first. */
export function recalled(user: readonly Memory[], session: readonly Memory[], query: string): Memory[] {
  let made = indexes.get(user)
  if (made?.session !== session)
    indexes.set(user, (made = { session, index: indexOf([...user, ...session]) }))
  const { index } = made
  const search = (fuzzyFrom: number): { readonly id: number }[] =>
    index.search(query, {
      prefix: (word) => word.length > 2 || isPiece(word),
      fuzzy: (word) => (word.length >= fuzzyFrom && !isPiece(word) ? 0.2 : false),
      maxFuzzy: 2, // what is further off takes seconds to be found in full shelves
    })
  const near = search(5)
  // Of short words too many are alike: they are taken so where nothing else is found.
  const found = near.length > 0 ? near : search(4)
  // By place, since what was loaded may have an id twice.
  return found.map(({ id: place }) => (place < user.length ? user[place]! : session[place - user.length]!))
}

interface Indexed {
  readonly id: number
  readonly text: string
}

const indexes = new WeakMap<
  readonly Memory[],
  { readonly session: readonly Memory[]; readonly index: MiniSearch<Indexed> }
>()

function indexOf(memories: readonly Memory[]): MiniSearch<Indexed> {
  const index = new MiniSearch<Indexed>({
    fields: ['text'],
    tokenize: wordsOf,
    processTerm: (word) => word, // it is folded already
  })
  index.addAll(memories.map(({ text }, id) => ({ id, text })))
  return index
}
