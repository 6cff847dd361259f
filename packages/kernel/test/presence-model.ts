// A naive model of D7 and D8: it keeps what was asked for and recomputes from scratch what is present. It shares no
// line with the kernel.
import { items, kindOf, typeOf, type Graph, type Op } from './world.ts'

/** What one owner holds. */
interface State {
  tools: string[]
  excluded: string[]
  requested: Set<string>
  /** The value of `n`, of each item where it is set. */
  values: Map<string, number>
  agent: string | undefined
}

interface Owner {
  readonly name: string
  readonly type: string
  /** Of a session its user, of an interaction what it was opened in. */
  readonly above: string | undefined
  state: State
  readonly born: State
  /** The handles that somebody holds. */
  readonly handles: Set<string>
}

interface Force {
  readonly keys: ReadonlySet<string>
  readonly toolsets: ReadonlyMap<string, number>
  readonly unresolved: ReadonlySet<string>
}

interface Closure {
  readonly keys: ReadonlySet<string>
  readonly fine: boolean
}

const none: ReadonlySet<string> = new Set()

export class PresenceModel {
  readonly owners = new Map<string, Owner>()
  readonly #graph: Graph
  #lateIsThere = false
  /** What was computed since the last operation. */
  readonly #known = new Map<string, unknown>()

  constructor(graph: Graph) {
    this.#graph = graph
    for (const name of ['user:ada', 'user:bob', 'agent:x', 'agent:y']) this.#add(name, undefined, undefined)
    this.#add('session:p', 'user:ada', 'agent:x')
    this.#add('session:q', 'user:ada', 'agent:x')
    this.#add('interaction:i', 'session:p', undefined)
  }

  /** Does it; tells whether it must throw. */
  run(op: Op): boolean {
    this.#known.clear()
    const threw = this.#do(op)
    this.#known.clear()
    return threw
  }

  #do(op: Op): boolean {
    if (op.do === 'open') {
      if (!this.owners.has(op.at)) this.#add(op.at, op.user, op.agent)
      return false
    }
    if (op.do === 'interact') {
      if (!this.owners.has(op.at) && this.owners.has(op.in)) this.#add(op.at, op.in, undefined)
      return false
    }
    if (op.do === 'batch') return this.#batch(op.ops, op.throws)
    if (!('at' in op)) {
      this.#lateIsThere = op.do === 'register'
      return false
    }
    const owner = this.owners.get(op.at)
    if (owner === undefined || op.do === 'observe') return false
    if (op.do === 'end') {
      this.#end(op.at)
      return false
    }
    const { state } = owner
    if (op.do === 'swap') {
      state.agent = op.agent
      return false
    }
    if ('key' in op) return this.hasBag(owner.name, op.key) && this.#item(owner, op)
    const { tools } = state
    const splice = (index: number, count: number, ...added: readonly string[]): void => {
      const stay = tools.toSpliced(index, count)
      tools.splice(index, count, ...new Set(added.filter((tool) => !stay.includes(tool))))
    }
    if (op.do === 'push') splice(tools.length, 0, ...op.tools)
    else if (op.do === 'replace') splice(0, tools.length, ...op.tools)
    else if (op.do === 'insert') splice(op.index, 0, ...op.tools)
    else if (op.do === 'splice') splice(op.index, op.count, ...op.tools)
    else if (op.do === 'clear') splice(0, tools.length)
    else if (op.do === 'removeTool') state.tools = tools.filter((tool) => tool !== op.tool)
    else if (op.do === 'exclude') state.excluded = [...new Set([...state.excluded, op.tool])]
    else if (op.do === 'include') state.excluded = state.excluded.filter((tool) => tool !== op.tool)
    else if (op.do === 'setTool') {
      if (op.index < 0 || op.index >= tools.length) return true
      splice(op.index, 1, op.tool)
    }
    return false
  }

  hasBag(name: string, key: string): boolean {
    return kindOf(key) !== 'gear' || name.startsWith('session') || name.startsWith('interaction')
  }

  /** What is present for an owner, by definition. */
  presence(name: string): ReadonlySet<string> {
    return this.#once(`presence ${name}`, () => this.#presence(name))
  }

  #presence(name: string): ReadonlySet<string> {
    const { type, above, state } = this.owners.get(name)!
    const present = new Set<string>()
    const add = (key: string): void => this.#closure(key).keys.forEach((each) => present.add(each))
    const inherit = (from: string | undefined): void => {
      for (const key of from === undefined ? [] : this.presence(from))
        if (kindOf(key) !== 'toolset') present.add(key)
    }
    inherit(above)
    inherit(state.agent)
    if (type === 'user' || type === 'agent') for (const key of state.values.keys()) add(key)
    if (type === 'agent') for (const tool of this.force(name).toolsets.keys()) present.add(`toolset.${tool}`)
    for (const key of state.requested) add(key)
    if (type === 'user') {
      for (const other of this.owners.values()) {
        if (this.#userOf(other.name) === name && other.name !== name) {
          for (const key of this.force(other.name).keys) if (kindOf(key) === 'config') add(key)
        }
      }
    }
    if (type === 'session' || type === 'interaction')
      for (const key of this.force(name).keys) present.add(key)
    return present
  }

  /** The tools in force for an owner, and what they bring. */
  force(name: string): Force {
    return this.#once(`force ${name}`, () => this.#force(name))
  }

  #force(name: string): Force {
    const lists: string[][] = []
    const excluded = new Set<string>()
    for (let at: string | undefined = name.startsWith('user') ? undefined : name; at !== undefined;) {
      const { type, above, state }: Owner = this.owners.get(at)!
      lists.unshift(state.tools)
      for (const tool of state.excluded) excluded.add(`toolset.${tool}`)
      at = type === 'interaction' ? above : state.agent
    }
    const keys = new Set<string>()
    const toolsets = new Map<string, number>()
    const unresolved = new Set<string>()
    for (const list of lists) {
      for (const [index, tool] of list.entries()) {
        if (excluded.has(`toolset.${tool}`)) continue
        const closure = this.#closure(`toolset.${tool}`, excluded)
        if (!closure.fine) unresolved.add(tool)
        for (const key of closure.keys) {
          keys.add(key)
          if (kindOf(key) === 'toolset' && !toolsets.has(typeOf(key))) toolsets.set(typeOf(key), -1)
        }
        if (closure.fine && toolsets.get(tool) === -1) toolsets.set(tool, index)
      }
    }
    return { keys, toolsets, unresolved }
  }

  /** Own values that nobody asks for. */
  parked(name: string): readonly string[] {
    const present = this.presence(name)
    return [...this.owners.get(name)!.state.values.keys()].filter((key) => !present.has(key))
  }

  #item(owner: Owner, op: Op & { key: string }): boolean {
    const { state, handles } = owner
    const { key } = op
    if (op.do === 'delete') {
      state.requested.delete(key)
      state.values.delete(key)
      return false
    }
    if (op.do === 'reset') {
      if (handles.has(key)) state.values.delete(key)
      return false
    }
    if (op.do === 'write') {
      if (handles.has(key)) state.values.set(key, op.value)
      return false
    }
    if (this.#isMissing(key)) return true
    const before = copyOf(state)
    if (op.do === 'assign') state.values.set(key, op.value)
    this.#known.clear()
    if (!this.presence(owner.name).has(key)) {
      if (!this.#closure(key).fine) {
        owner.state = before
        return true
      }
      state.requested.add(key)
    }
    handles.add(key)
    return false
  }

  #batch(ops: readonly Op[], throws: boolean): boolean {
    const before = new Map([...this.owners.values()].map((owner) => [owner, copyOf(owner.state)]))
    for (const op of ops) this.run(op)
    // Who came is gone again; who left is gone.
    if (throws) {
      for (const owner of this.owners.values()) {
        const state = before.get(owner)
        if (state === undefined) this.#end(owner.name)
        else owner.state = state
      }
    }
    return throws
  }

  #add(name: string, above: string | undefined, agent: string | undefined): void {
    const state: State = { tools: [], excluded: [], requested: new Set(), values: new Map(), agent }
    const type = name.slice(0, name.indexOf(':'))
    this.owners.set(name, { name, type, above, state, born: copyOf(state), handles: new Set() })
  }

  #end(name: string): void {
    this.owners.delete(name)
    for (const owner of this.owners.values()) if (owner.above === name) this.#end(owner.name)
  }

  #userOf(name: string): string | undefined {
    for (
      let at: Owner | undefined = this.owners.get(name);
      at !== undefined;
      at = this.owners.get(at.above ?? '')
    ) {
      if (at.type === 'user') return at.name
    }
    return undefined
  }

  #isMissing(key: string): boolean {
    return !(key in this.#graph.needs) || (key.endsWith('late') && !this.#lateIsThere)
  }

  #once<T>(what: string, compute: () => T): T {
    let value = this.#known.get(what) as T | undefined
    if (value === undefined) this.#known.set(what, (value = compute()))
    return value
  }

  #closure(root: string, excluded: ReadonlySet<string> = none): Closure {
    return this.#once(`closure ${root} ${[...excluded].join()}`, () => this.#computeClosure(root, excluded))
  }

  #computeClosure(root: string, excluded: ReadonlySet<string>): Closure {
    const keys = new Set<string>()
    let fine = true
    const visit = (key: string, path: readonly string[]): void => {
      if (path.includes(key) || this.#isMissing(key) || key === this.#graph.broken) fine = false
      if (keys.has(key) || !fine) return
      for (const need of this.#graph.needs[key]!) if (!excluded.has(need)) visit(need, [...path, key])
      keys.add(key)
    }
    visit(root, [])
    return fine ? { keys, fine } : { keys: new Set(), fine }
  }
}

function copyOf({ tools, excluded, requested, values, agent }: State): State {
  return {
    tools: [...tools],
    excluded: [...excluded],
    requested: new Set(requested),
    values: new Map(values),
    agent,
  }
}

/** The items of a kind among keys. */
export function itemsOf(kind: string, keys: Iterable<string>): string[] {
  return [...keys].filter((key) => items.includes(key) && kindOf(key) === kind).map(typeOf)
}
