// The ids of the tool calls of one run. A result finds its call by the id, so an id that comes twice, or is empty
// (some servers do both), gets a new one; the provider sees the new one as well from then on.

/** Gives out the ids of a run's tool calls, each once; with `outer` each once in all runs within that one. */
export class CallIds {
  readonly #outermost: CallIds
  #used: Set<string> | undefined
  #open: Map<string, string> | undefined

  constructor(outer?: CallIds) {
    this.#outermost = outer === undefined ? this : outer.#outermost
  }

  /** The id of a call whose input is being written. */
  open(id: string): string {
    const open = (this.#open ??= new Map())
    let own = open.get(id)
    if (own === undefined) open.set(id, (own = this.#unique(id)))
    return own
  }

  /** The id of a call that is complete: the next one under the same id is another call. */
  close(id: string): string {
    const own = this.open(id)
    this.#open!.delete(id)
    return own
  }

  #unique(id: string): string {
    const used = (this.#outermost.#used ??= new Set())
    const base = id === '' ? 'call' : id
    let own = base
    for (let n = 2; used.has(own); n++) own = `${base}-${n}`
    used.add(own)
    return own
  }
}
