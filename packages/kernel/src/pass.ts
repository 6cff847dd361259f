// A pass over the sections of a layer, and what each of them reads in it: every read is noted with a way to read it
// again, so that a section is rendered anew only when something that it read changed, and with how often it may
// change, so that a section's claim of stability can be held against it.
import type { Layer } from './layers.ts'
import type { Registration } from './registry.ts'
import type { Slot, Stability } from './types.ts'

/** Stabilities by how often things change. */
export const volatility: Readonly<Record<Stability, number>> = { static: 0, session: 1, turn: 2 }

/** The slots of a prompt, in their order. */
export const slots: readonly Slot[] = ['system', 'before', 'agent', 'after', 'tools', 'end']

/** From which owner something is read: the one the prompt is for, its session, or its user. */
export type From = (layer: Layer) => Layer

/** The key of what changes without a write to an item. */
export const ANYTIME = ''

/** Something that was read, and what it was. */
export interface Read {
  readonly again: (layer: Layer, now: Date) => unknown
  readonly value: unknown
}

/** Notes what one section reads. */
export class Reads {
  readonly list: Read[] = []
  /** The items that were read: while none of them is written to, none of the reads can have changed. */
  readonly keys: string[] = []
  /** The least stable thing that was read, and its name. */
  stability: Stability = 'static'
  least = ''
  /** The sections that were rendered within this one. */
  readonly placed: string[] = []

  /** Notes a read of the item of that key, or of what changes without a write to any: `ANYTIME`. */
  note(key: string, again: Read['again'], value: unknown, stability: Stability, what: string): void {
    this.list.push({ again, value })
    this.noteKey(key)
    if (volatility[stability] <= volatility[this.stability]) return
    this.stability = stability
    this.least = what
  }

  noteKey(key: string): void {
    if (!this.keys.includes(key)) this.keys.push(key)
  }

  /** Takes over what a section read that was rendered within this one. */
  include(other: Reads): void {
    this.list.push(...other.list)
    this.placed.push(...other.placed)
    for (const key of other.keys) this.noteKey(key)
    if (volatility[other.stability] > volatility[this.stability])
      [this.stability, this.least] = [other.stability, other.least]
  }
}

/** Where sections are rendered: the layer, what the one under way reads, and how it has others say what they say. */
export interface Pass {
  readonly layer: Layer
  /** The time that the prompt is for. */
  readonly now: Date
  readonly reads: Reads
  /** The text of a section that is placed in the one under way. */
  place(entry: Registration): string
  /** The text of a section's template alone. */
  template(entry: Registration): string
}
