// Needs: the static graph of what is registered, and closures over it. A closure is computed once for a version of
// the registry and shared; whether it can be had (nothing missing, no circle, defaults that work) is part of it.
import { reasonOf, RetinueError } from './errors.ts'
import { partsOfKey } from './name.ts'
import type { Registration, Registry } from './registry.ts'
import { unknownType } from './unknown-type.ts'

/** Everything that comes with a key, what is needed before what needs it; the key itself is the last. */
export interface Closure {
  readonly keys: readonly string[]
  /** Why it can't be had. */
  readonly problem: RetinueError | undefined
}

/** The graph of a registry's needs. */
export class Graph {
  readonly #registry: Registry
  #version = -1
  #memos = new Map<string, object>()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** Computes something of the registry once for each version of it. */
  memo<T extends object>(name: string, compute: () => T): T {
    if (this.#version !== this.#registry.version) {
      this.#version = this.#registry.version
      this.#memos = new Map()
    }
    let known = this.#memos.get(name)
    if (known === undefined) this.#memos.set(name, (known = compute()))
    return known as T
  }

  /** The closure of one key, without the excluded ones and what only they need. */
  closure(key: string, excluded?: ReadonlySet<string>): Closure {
    if (excluded?.size) return this.close([key], excluded)
    return this.memo(`closure ${key}`, () => this.close([key]))
  }

  /** The closure of several keys, without the excluded ones and what only they need. */
  close(roots: readonly string[], excluded?: ReadonlySet<string>): Closure {
    const keys: string[] = []
    const done = new Set(excluded)
    try {
      for (const root of roots) this.#visit(root, new Set(), done, keys)
    } catch (error) {
      if (error instanceof RetinueError) return { keys: [], problem: error }
      throw error
    }
    return { keys, problem: undefined }
  }

  /** What follows a config. */
  followers(config: string): readonly Registration[] {
    return this.memo(`followers ${config}`, () =>
      [...this.#registry.all().values()].filter((entry) => {
        const follows = entry.shape?.options.follows
        return follows !== undefined && `config.${follows.type}` === config
      }),
    )
  }

  /** The shortest way from a root to what it brings, both included, among keys. */
  path(root: string, target: string, keys: readonly string[]): readonly string[] | undefined {
    const from = new Map<string, string | undefined>([[root, undefined]])
    for (const key of from.keys()) {
      if (!keys.includes(key)) continue
      if (key === target) {
        const path: string[] = []
        for (let at: string | undefined = key; at !== undefined; at = from.get(at)) path.unshift(at)
        return path
      }
      for (const need of this.#registry.at(key)!.needs) if (!from.has(need)) from.set(need, key)
    }
    return undefined
  }

  /** `path` holds the keys that are being visited, the root first. */
  #visit(key: string, path: Set<string>, done: Set<string>, keys: string[]): void {
    if (done.has(key)) return
    if (path.has(key)) {
      const here = [...path, key]
      const start = here.indexOf(key)
      const by = start === 0 ? '' : `, needed by ${here[0]}`
      throw new RetinueError(
        'RETINUE_NEED_CYCLE',
        `Needs form a circle: ${here.slice(start).join(' → ')}${by}.`,
        { hint: 'Let one of them need the next no more.', details: { path: here } },
      )
    }
    const entry = this.#registry.at(key)
    if (entry === undefined) throw this.#missing(key, [...path])
    path.add(key)
    for (const need of entry.needs) this.#visit(need, path, done, keys)
    checkDefaults(entry, path)
    path.delete(key)
    done.add(key)
    keys.push(key)
  }

  #missing(key: string, path: readonly string[]): RetinueError {
    const [kind, type] = partsOfKey(key)
    const unknown = unknownType(this.#registry, type, kind)
    if (path.length === 0) return unknown
    return new RetinueError(
      'RETINUE_NEED_MISSING',
      `${path.join(' → ')} needs the ${kind} '${type}', which is not registered.`,
      {
        hint: unknown.hint,
        details: { path: [...path, key] },
      },
    )
  }
}

function checkDefaults(entry: Registration, visited: Iterable<string>): void {
  try {
    void entry.shape?.defaults
  } catch (error) {
    const path = [...visited]
    throw new RetinueError('RETINUE_DEFAULT_FAILED', `${path.join(' → ')} can't be had: ${reasonOf(error)}`, {
      cause: error,
      details: { path },
    })
  }
}
