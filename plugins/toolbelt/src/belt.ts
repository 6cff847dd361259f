// What hangs on the belt of one call: the toolsets that the application allows, and how each of them stands. Toolsets
// are put on and taken off here; what comes and goes with them is the kernel's to see to.
import { publishedName, type Registration, type RunContext, type Tool, type Toolset } from '@retinue/kernel'
import { failure } from './errors.ts'

/** For how long something is equipped: this turn, or until it is dropped. */
export type Span = 'turn' | 'session'

/** The toolsets that an agent may put on and take off. */
export class Belt {
  readonly #run: RunContext
  readonly #allowed: readonly string[]

  /** @param allowed the type names that the application allows. */
  constructor(run: RunContext, allowed: readonly string[]) {
    this.#run = run
    this.#allowed = allowed
  }

  /** A line for each toolset: its name, how it stands, and its tools. */
  lines(): string[] {
    return this.#allowed.map((type) => {
      const toolset = this.#registered(type)
      if (toolset === undefined) return `${type}: not installed`
      return `${type} (${this.#standing(type)}): ${this.#namesOf(toolset).join(', ')}`
    })
  }

  /** All about a toolset: what each tool does, and what comes along. @throws {RETINUE_TOOLBELT_REFUSED}, {RETINUE_TOOLBELT_UNRESOLVED} */
  description(name: string): string {
    const toolset = this.#find(name)
    const { package: from, version } = toolset.origin
    return [
      `${toolset.type} (${this.#standing(toolset.type)}), from ${from}@${version}`,
      ...this.#toolsOf(toolset).map(([name, { description }]) => `- ${name}: ${description}`),
      ...(toolset.needs.length === 0 ? [] : [`It brings: ${toolset.needs.join(', ')}.`]),
    ].join('\n')
  }

  /** Puts toolsets on, all or none; gives the tools that can be called by that. @throws {RETINUE_TOOLBELT_REFUSED}, {RETINUE_TOOLBELT_UNRESOLVED} */
  equip(names: readonly string[], span: Span): string[] {
    const toolsets = names.map((name) => this.#find(name))
    const { session, interaction } = this.#run
    const { tools } = span === 'session' ? session : interaction
    session.batch(() => {
      tools.push(...toolsets.map(({ type }) => type))
      for (const { type } of toolsets)
        if (!interaction.tools.inForce.includes(type)) throw this.#unresolved(type)
    })
    const published = interaction.tools.published().map(({ name }) => name)
    const equipped = new Set(toolsets.flatMap((toolset) => this.#namesOf(toolset)))
    return published.filter((name) => equipped.has(name)) // the application may keep out what one of them needs
  }

  /** Takes toolsets off, all or none; those that are not on stay off. @throws {RETINUE_TOOLBELT_REFUSED}, {RETINUE_TOOLBELT_FIXED} */
  drop(names: readonly string[]): void {
    const types = names.map((name) => this.#typeOf(name))
    const { session, interaction } = this.#run
    session.batch(() => {
      for (const type of types) {
        interaction.tools.remove(type)
        session.tools.remove(type)
      }
      const left = types.find((type) => interaction.tools.inForce.includes(type))
      if (left === undefined) return
      throw failure(
        'RETINUE_TOOLBELT_FIXED',
        `'${left}' belongs to the agent, or something else that is equipped needs it; nothing was dropped.`,
        'Leave it where it is.',
      )
    })
  }

  #find(name: string): Registration {
    const type = this.#typeOf(name)
    const toolset = this.#registered(type)
    if (toolset !== undefined) return toolset
    throw failure('RETINUE_TOOLBELT_UNRESOLVED', `'${type}' is not installed.`, 'Do without it, and say so.')
  }

  /** The type name of a toolset that is allowed, installed or not: one whose server is gone can be dropped. */
  #typeOf(name: string): string {
    const type = this.#registered(name)?.type ?? name
    if (this.#allowed.includes(type)) return type
    throw failure(
      'RETINUE_TOOLBELT_REFUSED',
      `'${name}' is not among the toolsets that you may equip.`,
      `They are: ${this.#allowed.length === 0 ? 'none' : this.#allowed.join(', ')}.`,
    )
  }

  #registered(name: string): Registration | undefined {
    return this.#run.session.registry.toolsets.get(name)
  }

  /** The tools of a toolset and of those that it needs, by published name. */
  #toolsOf({ key }: Registration): [name: string, tool: Tool][] {
    const { registry } = this.#run.session
    const { keys, problem } = registry.graph.closure(key)
    return (problem === undefined ? keys : [key]).flatMap((each) => {
      const { kind, type, definition } = registry.at(each)!
      if (kind.name !== 'toolset') return []
      const tools = Object.entries((definition as Toolset).tools)
      return tools.map(([tool, made]): [string, Tool] => [publishedName(type, tool), made])
    })
  }

  #namesOf(toolset: Registration): string[] {
    return this.#toolsOf(toolset).map(([name]) => name)
  }

  #standing(type: string): string {
    const { session, interaction } = this.#run
    if (!interaction.tools.inForce.includes(type)) return 'not equipped'
    if (session.agent?.tools.includes(type) === true) return 'always there'
    if (session.tools.includes(type)) return 'equipped for the session'
    // What something else brings is there for as long as that is.
    return interaction.tools.includes(type) ? 'equipped for this turn' : 'there with another'
  }

  #unresolved(type: string): Error {
    const { unresolved } = this.#run.interaction.tools
    const why = unresolved.find((each) => each.type === type)?.reason ?? 'The application keeps it out.'
    return failure(
      'RETINUE_TOOLBELT_UNRESOLVED',
      `'${type}' can't be equipped here: ${why} Nothing was equipped.`,
      'Do without it, and say so.',
    )
  }
}
