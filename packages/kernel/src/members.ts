// Members: the sessions of a user and the interactions in them, by the tools that are in force there. Sessions that add
// nothing to their agent's tools stand together, so that what tools request on a user is asked once for all of them.
import type { Layer } from './layers.ts'
import { Live } from './live.ts'
import { forceOf, hasOwn, type Force } from './presence.ts'

/** Those in whom a user's tools are in force. */
export class Members {
  /** Sessions with the tools of their agent, as they are. */
  readonly #plain = new Map<Layer | undefined, Live<Layer>>()
  /** Sessions and interactions with tools or exclusions of their own. */
  readonly #special = new Live<Layer>()

  /** Puts a session or interaction where it belongs now: one that has ended, also in a batch that throws, nowhere. */
  place(member: Layer): void {
    if (member.ended) this.remove(member)
    else if (hasOwn(member)) {
      this.#plain.get(member.agent)?.delete(member)
      this.#special.add(member)
    } else {
      this.#special.delete(member)
      if (member.type === 'session') this.#plainOn(member.agent).add(member)
    }
  }

  remove(member: Layer): void {
    this.#special.delete(member)
    this.#plain.get(member.agent)?.delete(member)
  }

  /** Tells whether another session has the very tools of this one. */
  hasPeer(member: Layer): boolean {
    if (hasOwn(member)) return false
    for (const each of this.#plain.get(member.agent)!) if (each !== member) return true
    return false
  }

  /** The sessions of the user. */
  *sessions(): Iterable<Layer> {
    for (const sessions of this.#plain.values()) yield* sessions
    for (const member of this.#special) if (member.type === 'session') yield member
  }

  /** The tools in force for members, each set of them once. */
  forces(): readonly Force[] {
    const forces = new Set<Force>()
    this.#plain.forEach((sessions, agent) => {
      if (sessions.isEmpty) this.#plain.delete(agent)
      else forces.add(forceOf(agent))
    })
    this.#special.forEach((member) => forces.add(forceOf(member)))
    return [...forces]
  }

  #plainOn(agent: Layer | undefined): Live<Layer> {
    let sessions = this.#plain.get(agent)
    if (sessions === undefined) this.#plain.set(agent, (sessions = new Live()))
    return sessions
  }
}
