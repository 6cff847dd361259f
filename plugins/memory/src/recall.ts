// Finds memories by what they say, with a full-text index over both shelves. The index is kept for as long as its
// shelves are: a shelf that changes is a new one, so nothing has to be kept in step.
import MiniSearch from 'minisearch'
import type { Memory } from './shelf.ts'
import { isPiece, wordsAsked, wordsOf } from './words.ts'

/** The memories that share a word with the query, beginnings and slips of the pen included, the best first. */
export function recalled(user: readonly Memory[], session: readonly Memory[], query: string): Memory[] {
  let made = indexes.get(user)
  if (made?.session !== session)
    indexes.set(user, (made = { session, index: indexOf([...user, ...session]) }))
  const { index } = made
  const search = (fuzzyFrom: number): { readonly id: number }[] =>
    index.search(query, {
      tokenize: wordsAsked,
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length >= fuzzyFrom && !term.startsWith(mark) ? 0.2 : false),
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
    processTerm: (word) => (isPiece(word) ? spelled(word) : word), // it is folded already
  })
  index.addAll(memories.map(({ text }, id) => ({ id, text })))
  return index
}

/** What pieces begin with in the index, and no word does. */
const mark = ' '

/** A piece in few different signs: where thousands of letters begin words, each word is looked for among all of them. */
function spelled(piece: string): string {
  let term = mark
  for (let i = 0; i < piece.length; i++) term += piece.charCodeAt(i).toString(16).padStart(4, '0')
  return term
}
