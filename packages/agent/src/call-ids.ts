// The ids of the tool calls of one run. A result finds its call by the id, so an id that is empty, or comes again in the
// run or in its conversation (some servers count from 0 in each answer), gives way to a new one; the provider sees the
// new one as well from then on.

/** Gives out the ids of a run's tool calls: none that is taken, here or in the outer run, and each once in all runs within that one. */
export class CallIds {
  readonly #outermost: CallIds
  readonly #isTaken: (id: string) => boolean
  #used: Set<string> | undefined
  #open: Map<string, string> | undefined

  constructor(isTaken: (id: string) => boolean, outer?: CallIds) {
    this.#isTaken = outer === undefined ? isTaken : (id) => isTaken(id) || outer.#isTaken(id)
    this.#outermost = outer === undefined ? this : outer.#outermost
  }

  /** The id of a call whose input is being written; one that its provider runs is known by the provider's own. */
  open(id: string, isProviders = false): string {
    const open = (this.#open ??= new Map())
    let own = open.get(id)
    if (own === undefined) open.set(id, (own = isProviders ? id : this.#unique(id)))
    return own
  }

  /** The id of a call that is complete: the next one under the same id is another call. */
  close(id: string, isProviders = false): string {
    const own = this.open(id, isProviders)
    this.#open!.delete(id)
    return own
  }

  #unique(id: string): string {
    const used = (this.#outermost.#used ??= new Set())
    const own = freeId(id, (each) => used.has(each) || this.#isTaken(each))
    used.add(own)
    return own
  }
}

/** Gives an id that is not taken: the one that is wanted, or the next after it. */
export function freeId(wanted: string, isTaken: (id: string) => boolean): string {
  const base = wanted || 'call'
  if (!isTaken(base)) return base
  // Halves the way to the first that is free: a server that counts from 0 in each answer takes thousands.
  let [taken, free] = [1, 2]
  while (isTaken(`${base}-${free}`)) [taken, free] = [free, free * 2]
  while (free - taken > 1) {
    const between = (taken + free) >> 1
    if (isTaken(`${base}-${between}`)) taken = between
    else free = between
  }
  return `${base}-${free}`
}
