// A naive model of D5: own values by owner, and a chain that is walked anew for each question. It shares no line with
// the kernel.

/** The fields of the model's types, with their defaults; those of `follower` follow those of the config. */
export const fields = {
  'config.knobs': { n: 5, text: 'plain', maybe: undefined },
  'context.notes': { n: 1, nullable: 2 },
  'section.follower': { n: 5, maybe: undefined, own: 0 },
} as const

/** Every `kind.type field`. */
export const paths: readonly string[] = Object.entries(fields).flatMap(([key, of]) =>
  Object.keys(of).map((field) => `${key} ${field}`),
)

const followed: Readonly<Record<string, string>> = {
  'section.follower n': 'config.knobs n',
  'section.follower maybe': 'config.knobs maybe',
}

/** Owners by name: what lies below each, nearest first. */
export class LayersModel {
  /** By owner, what was set there, by path. */
  readonly own = new Map<string, Map<string, unknown>>()
  readonly below = new Map<string, (string | undefined)[]>()

  add(owner: string, ...below: (string | undefined)[]): void {
    this.own.set(owner, new Map())
    this.below.set(owner, below)
  }

  remove(owner: string): void {
    this.own.delete(owner)
    for (const [name, below] of this.below)
      if (below[0] === owner && name.startsWith('interaction')) this.remove(name)
    this.below.delete(owner)
  }

  set(owner: string, path: string, value: unknown): void {
    if (value === undefined) this.own.get(owner)!.delete(path)
    else this.own.get(owner)!.set(path, value)
  }

  /** The effective value and the layer that it comes from. */
  read(owner: string, path: string): { readonly value: unknown; readonly source: string } {
    for (const at of this.#chain(owner)) {
      const own = this.own.get(at)!
      if (own.has(path)) return { value: own.get(path), source: at.slice(0, at.indexOf(':')) }
    }
    const config = followed[path]
    if (config !== undefined) {
      const { value, source } = this.read(owner, config)
      return { value, source: source === 'registry' ? 'registry' : 'config' }
    }
    const [key, field] = path.split(' ') as [keyof typeof fields, string]
    return { value: (fields[key] as Record<string, unknown>)[field], source: 'registry' }
  }

  /** What happens in a batch that throws. */
  copy(): LayersModel {
    const copy = new LayersModel()
    for (const [owner, own] of this.own) copy.own.set(owner, new Map(own))
    for (const [owner, below] of this.below) copy.below.set(owner, [...below])
    return copy
  }

  #chain(owner: string): string[] {
    return [owner, ...this.below.get(owner)!.flatMap((at) => (at === undefined ? [] : this.#chain(at)))]
  }
}
