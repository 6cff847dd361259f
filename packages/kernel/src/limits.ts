// Limits on what is loaded: checked before anything is built of it, in one walk that stops at the first excess. What was
// a text is nobody else's: the same walk freezes it, and tells whether all of it can be stored as it is.
import { RetinueError } from './errors.ts'
import { checkOptions, option, type KnownOptions } from './options.ts'
import { classOf, isLeaf, isObject, maxValueDepth } from './value.ts'

/** How much a snapshot may be. At a limit it loads, one over it is refused. */
export interface Limits {
  /** UTF-8 bytes of a text; of an object that was parsed already, those of its strings and keys. */
  readonly maxBytes: number
  /** How deep objects and arrays are nested; never more than 1,000, since deeper JSON overflows whoever walks it. */
  readonly maxDepth: number
  /** Values of every sort, the snapshot itself included. */
  readonly maxNodes: number
  /** Keys of all objects together. */
  readonly maxKeys: number
}

/** What holds where nobody says otherwise. */
export const defaultLimits: Limits = Object.freeze({
  maxBytes: 64 * 1024 * 1024,
  maxDepth: 256,
  maxNodes: 4_000_000,
  maxKeys: 2_000_000,
})

const most = option.number(0)
const limitOptions: KnownOptions<Limits> = { maxBytes: most, maxDepth: most, maxNodes: most, maxKeys: most }

/** Data within its limits. */
export interface Opened {
  readonly data: Readonly<Record<string, unknown>>
  /** Whether all of it is frozen JSON that nobody else holds. */
  readonly owned: boolean
}

const deepest = 1000
const whole = 'Pass what snapshot() gave, or its JSON text.'

/**
 * Parses a text and checks it, or checks what was parsed already.
 * @throws {RETINUE_SNAPSHOT_LIMIT}, {RETINUE_SNAPSHOT_INVALID}
 */
export function parseWithin(json: string | object, given: Partial<Limits> = {}): Opened {
  checkOptions('restore()', given, limitOptions)
  const limits: { -readonly [K in keyof Limits]: Limits[K] } = { ...defaultLimits }
  for (const name of Object.keys(limits) as (keyof Limits)[]) limits[name] = given[name] ?? limits[name]
  limits.maxDepth = Math.min(limits.maxDepth, deepest)
  let data: unknown = json
  if (typeof json === 'string') {
    if (json.length * 3 > limits.maxBytes && utf8Length(json) > limits.maxBytes)
      throw exceeded('maxBytes', limits)
    try {
      data = JSON.parse(json)
    } catch (error) {
      throw new RetinueError('RETINUE_SNAPSHOT_INVALID', 'A snapshot is not JSON.', {
        hint: whole,
        cause: error,
      })
    }
  }
  if (!isObject(data)) {
    throw new RetinueError('RETINUE_SNAPSHOT_INVALID', 'A snapshot is an object.', {
      hint: whole,
    })
  }
  const walk = new Walk(limits, typeof json === 'string')
  walk.look(data, 0)
  return { data, owned: walk.owned }
}

/**
 * Goes through all of it. Of what was a text the bytes have been counted, and nobody else holds it: it is frozen on the
 * way. A class, because V8 counts in its fields twice as fast as in what closures share.
 */
class Walk {
  /** Whether all that was seen is frozen JSON that nobody else holds. */
  owned: boolean
  readonly #limits: Limits
  readonly #wasText: boolean
  #bytes = 0
  #nodes = 1
  #keys = 0

  constructor(limits: Limits, wasText: boolean) {
    this.#limits = limits
    this.#wasText = wasText
    this.owned = wasText
  }

  look(value: unknown, depth: number): void {
    if (typeof value === 'object') {
      if (value !== null) this.#enter(value, depth + 1)
    } else if (!this.#wasText) {
      if (typeof value === 'string') this.#weigh(value)
      else if (value !== undefined && !isLeaf(value)) throw notJson(typeof value)
    } else if (typeof value === 'number' && !Number.isFinite(value)) {
      this.owned = false // the parser makes Infinity of 1e999
    }
  }

  #enter(container: object, depth: number): void {
    if (depth > this.#limits.maxDepth) throw exceeded('maxDepth', this.#limits)
    if (depth > maxValueDepth) this.owned = false
    if (Array.isArray(container)) {
      this.#count(container.length) // first: it may be long, and hold nothing
      for (let i = 0; i < container.length; i++) this.look(container[i], depth)
    } else {
      const name = this.#wasText ? undefined : classOf(container)
      if (name !== undefined) throw notJson(name)
      let keys = 0
      for (const key in container) {
        keys++
        if (!this.#wasText) this.#weigh(key)
        this.look(container[key as never], depth)
      }
      if ((this.#keys += keys) > this.#limits.maxKeys) throw exceeded('maxKeys', this.#limits)
      this.#count(keys)
    }
    if (this.#wasText) Object.freeze(container)
  }

  #count(nodes: number): void {
    if ((this.#nodes += nodes) > this.#limits.maxNodes) throw exceeded('maxNodes', this.#limits)
  }

  #weigh(text: string): void {
    if ((this.#bytes += utf8Length(text)) > this.#limits.maxBytes) throw exceeded('maxBytes', this.#limits)
  }
}

function notJson(what: string): RetinueError {
  return new RetinueError('RETINUE_SNAPSHOT_INVALID', `A snapshot is JSON, and this one holds a ${what}.`, {
    hint: whole,
  })
}

function exceeded(limit: keyof Limits, limits: Limits): RetinueError {
  return new RetinueError(
    'RETINUE_SNAPSHOT_LIMIT',
    `A snapshot exceeds ${limit}, which is ${limits[limit]}.`,
    {
      hint: 'Pass { limits } for more, up to a depth of 1000.',
      details: { limit, allowed: limits[limit] },
    },
  )
}

function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!
    if (code < 0x80) continue
    bytes += code < 0x800 ? 1 : 2
    if (code > 0xffff) i++ // two units of the text, and four bytes
  }
  return bytes
}
