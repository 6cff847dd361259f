// A chart: an XState machine that was checked and found fit to be kept in a session, and its steps as pure functions.
// A session is data that is saved, forked and rewound, so a machine in it computes and does not act: no timers, no
// actors, and of actions only those that change its own data. XState does all of the computing.
import { type TSchema, Type } from '@retinue/kernel'
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  getNextTransitions,
  initialTransition,
  StateMachine,
  type StateValue,
  transition,
} from 'xstate'
import { failure } from './errors.ts'

/** Where a machine is, as JSON: what a session keeps of it. */
export interface Position {
  readonly state: StateValue
  /** What XState calls the machine's context. */
  readonly data: Readonly<Record<string, unknown>>
  /** Which states its history states go back to: ids of state nodes by id. */
  readonly history: Readonly<Record<string, readonly string[]>>
}

/** Something that a machine may take: its type, and what comes with it. */
export interface TriggerObject {
  readonly type: string
}

/** The chart of a machine's class. @throws {RETINUE_MACHINE_INVALID} for what is no such class. */
export function chartOf(machine: { readonly chart: Chart }): Chart {
  const { chart } = Object(machine) as { readonly chart?: Chart }
  if (chart !== undefined) return chart
  throw failure(
    'RETINUE_MACHINE_INVALID',
    'What should be the class of a machine is none.',
    'Give what defineMachine() or defineToggle() made.',
  )
}

/** A machine that can be kept in a session. */
export class Chart {
  readonly type: string
  readonly initial: Position
  /** The paths of all states, parents first: `'open'`, `'open.half'`. */
  readonly states: readonly string[]
  /** What fits as its state: any other value is refused by the kernel, also in what was saved. */
  readonly stateSchema: TSchema
  /** What fits as what its history states remember; nothing where it has none. */
  readonly historySchema: TSchema | undefined
  readonly #machine: AnyStateMachine

  /** @throws {RETINUE_MACHINE_INVALID} */
  constructor(type: string, machine: AnyStateMachine) {
    const { root } = (machine ?? {}) as Partial<AnyStateMachine>
    if (root === undefined) throw invalid(type, 'it is none of XState')
    const nodes = [...nodesOf(root)]
    for (const node of nodes) checkNode(type, node, machine)
    this.type = type
    this.#machine = finite(machine)
    this.states = nodes.filter((node) => isState(node) && node.path.length > 0).map(pathOf)
    this.stateSchema = schemaOf(machine.root)
    this.historySchema = historySchemaOf(nodes.filter((node) => !isState(node)))
    this.initial = this.#begin()
  }

  /** The paths of the states that a machine in that state is in, parents first. */
  active(state: StateValue): string[] {
    return [...pathsIn(state)]
  }

  /** Whether a machine in that state is in the state of that path. @throws {RETINUE_MACHINE_STATE} */
  matches(state: StateValue, path: string): boolean {
    return this.active(state).includes(this.known(path))
  }

  /** The path itself, if there is a state of it. @throws {RETINUE_MACHINE_STATE} */
  known(path: string): string {
    if (this.states.includes(path)) return path
    throw failure(
      'RETINUE_MACHINE_STATE',
      `The machine '${this.type}' has no state '${path}'.`,
      `Its states are: ${this.states.join(', ')}.`,
      { machine: this.type, state: path },
    )
  }

  /** A state in words: the innermost of those that are in force. */
  told(state: StateValue): string {
    const active = this.active(state)
    const inner = active.filter((path) => !active.some((other) => other.startsWith(`${path}.`)))
    if (inner.length === 0) return 'its only state'
    return `the ${inner.length === 1 ? 'state' : 'states'} ${inner.map((path) => `'${path}'`).join(', ')}`
  }

  /** Whether the machine came to its end. */
  isDone(position: Position): boolean {
    return this.#at(position).status === 'done'
  }

  /** The types of the triggers that states of this position name; a guard may still turn one down. */
  triggers(position: Position): string[] {
    const snapshot = this.#at(position)
    if (snapshot.status === 'done') return []
    const named = getNextTransitions(snapshot).map(({ eventType }) => eventType)
    return [...new Set(named)].filter((type) => type !== '' && !isInternal(type))
  }

  /** The trigger itself, if some state takes it. @throws {RETINUE_MACHINE_TRIGGER} */
  knownTrigger(type: string): string {
    const taken = this.#machine.events.filter((each) => !isInternal(each))
    if (taken.some((each) => names(each, type))) return type
    throw failure(
      'RETINUE_MACHINE_TRIGGER',
      `The machine '${this.type}' takes no '${type}' in any state.`,
      `It takes: ${taken.join(', ')}.`,
      { machine: this.type, trigger: type },
    )
  }

  /** Whether a trigger would lead on. */
  can(position: Position, trigger: TriggerObject): boolean {
    return this.#leadsOn(this.#at(position), trigger)
  }

  /** The position to which a trigger leads. @throws {RETINUE_MACHINE_TRIGGER} */
  next(position: Position, trigger: TriggerObject): Position {
    const snapshot = this.#at(position)
    if (!this.#leadsOn(snapshot, trigger))
      throw this.refused(position.state, trigger, this.triggers(position))
    const [next, actions] = transition(this.#machine, snapshot, trigger)
    if (next.status === 'error') throw next.error
    if (actsOutside(next, actions)) {
      throw invalid(this.type, `what '${trigger.type}' leads to does something outside of it`)
    }
    return this.#positionOf(next)
  }

  /** Why a trigger is not taken in a state, to whoever may fire those others. */
  refused(state: StateValue, { type }: TriggerObject, takes: readonly string[]): Error {
    const why = takes.some((each) => names(each, type)) ? `turns '${type}' down` : `takes no '${type}'`
    return failure(
      'RETINUE_MACHINE_TRIGGER',
      `The machine '${this.type}' ${why} in ${this.told(state)}.`,
      takes.length === 0 ? 'It takes nothing any more.' : `It takes: ${takes.join(', ')}.`,
      { machine: this.type, state, trigger: type },
    )
  }

  #begin(): Position {
    const [begun, actions] = this.#initial()
    if (actsOutside(begun, actions)) {
      throw invalid(this.type, 'how it begins does something outside of it')
    }
    return this.#positionOf(begun)
  }

  #initial(): ReturnType<typeof initialTransition> {
    try {
      const initial = initialTransition(this.#machine)
      if (initial[0].status === 'error') throw initial[0].error
      return initial
    } catch (error) {
      throw invalid(this.type, `its initial state could not be computed: ${String(error)}`)
    }
  }

  #leadsOn(snapshot: AnyMachineSnapshot, trigger: TriggerObject): boolean {
    return snapshot.status === 'active' && !isInternal(trigger.type) && snapshot.can(trigger)
  }

  #at({ state, data, history }: Position): AnyMachineSnapshot {
    const nodes = Object.entries(history).map(([id, ids]) => [
      id,
      ids.map((each) => this.#machine.getStateNodeById(each)),
    ])
    return this.#machine.resolveState({
      value: state,
      context: data,
      historyValue: Object.fromEntries(nodes) as Record<string, AnyStateNode[]>,
    })
  }

  #positionOf({ value, context, historyValue }: AnyMachineSnapshot): Position {
    const history = Object.entries(historyValue).map(([id, nodes]) => [id, nodes.map((node) => node.id)])
    return {
      state: value as StateValue,
      data: context as Position['data'],
      history: Object.fromEntries(history) as Position['history'],
    }
  }
}

/** Whether what a state takes is that trigger: it may be named by its beginning, `mood.*`, or `*`. */
export function names(taken: string, type: string): boolean {
  return taken === type || (taken.endsWith('*') && `${type}.`.startsWith(taken.slice(0, -1)))
}

/** The same machine, which throws where it would go from state to state for ever: of itself, XState would too. */
function finite({ config, implementations }: AnyStateMachine): AnyStateMachine {
  const options = { maxIterations: 1000, ...config.options }
  return new StateMachine({ ...config, options }, implementations)
}

function* nodesOf(node: AnyStateNode): Iterable<AnyStateNode> {
  yield node
  for (const child of Object.values(node.states)) yield* nodesOf(child)
}

function pathOf(node: AnyStateNode): string {
  return node.path.join('.')
}

function isState(node: AnyStateNode): boolean {
  return node.type !== 'history'
}

/** XState's own events: a machine sends them to itself. */
function isInternal(type: string): boolean {
  return type.startsWith('xstate.')
}

function* pathsIn(state: StateValue, above = ''): Iterable<string> {
  const inner = typeof state === 'string' ? { [state]: {} } : state
  for (const [key, below] of Object.entries(inner)) {
    const path = above + key
    yield path
    yield* pathsIn(below!, `${path}.`)
  }
}

/** What fits as the value of a state: XState writes a state without states of its own as its key. */
function schemaOf(node: AnyStateNode): TSchema {
  const children = Object.values(node.states).filter(isState)
  if (node.type === 'parallel') {
    const regions = children.map((child) => [child.key, schemaOf(child)])
    return Type.Object(Object.fromEntries(regions) as Record<string, TSchema>, {
      additionalProperties: false,
    })
  }
  if (children.length === 0) return Type.Object({}, { additionalProperties: false })
  return Type.Union(
    children.map((child) =>
      Object.keys(child.states).length === 0
        ? Type.Literal(child.key)
        : Type.Object({ [child.key]: schemaOf(child) }, { additionalProperties: false }),
    ),
  )
}

/** What fits as what these history states remember: states beside and below them, by their ids. */
function historySchemaOf(nodes: readonly AnyStateNode[]): TSchema | undefined {
  if (nodes.length === 0) return undefined
  const remembered = nodes.map((node) => {
    const ids = [...nodesOf(node.parent!)].filter(isState).map(({ id }) => Type.Literal(id))
    return [node.id, Type.Optional(Type.Array(Type.Union(ids)))]
  })
  return Type.Object(Object.fromEntries(remembered) as Record<string, TSchema>, {
    additionalProperties: false,
  })
}

interface Doing {
  readonly actions: readonly unknown[]
  readonly guard?: unknown
}

function checkNode(type: string, node: AnyStateNode, machine: AnyStateMachine): void {
  const where = node.path.length === 0 ? 'it' : `its state '${pathOf(node)}'`
  if (node.invoke.length > 0) throw invalid(type, `${where} invokes an actor`)
  if (node.after.length > 0) throw invalid(type, `${where} waits for time to pass`)
  const transitions: Doing[] = [...node.transitions.values(), node.always ?? []].flat()
  for (const { guard } of transitions) {
    const name = typeof guard === 'string' ? guard : (guard as { readonly type?: string } | undefined)?.type
    if (typeof guard === 'function' || name === undefined || name in machine.implementations.guards!) continue
    throw invalid(type, `${where} asks the guard '${name}', which is not there`)
  }
  const actions = [
    node.entry,
    node.exit,
    node.initial.actions,
    ...transitions.map((each) => each.actions),
  ].flat()
  for (const action of actions) {
    const name = typeof action === 'string' ? action : (action as { readonly type?: string }).type
    const code = typeof action === 'function' ? action : machine.implementations.actions![name ?? '']
    if (!computing.has((code as { readonly type?: string } | undefined)?.type ?? '')) {
      throw invalid(type, `${where} has the action '${name ?? 'anonymous'}', which is none of XState's own`)
    }
    if ((code as { readonly delay?: unknown }).delay !== undefined) {
      throw invalid(type, `${where} raises an event later`)
    }
  }
}

function actsOutside(
  next: AnyMachineSnapshot,
  actions: readonly { readonly type: string; readonly params: unknown }[],
): boolean {
  return !actions.every(isComputed) || Object.keys(next.children).length > 0
}

/** XState has done it already: it raised an event at once. */
function isComputed({ type, params }: { readonly type: string; readonly params: unknown }): boolean {
  return type === 'xstate.raise' && (params as { readonly delay?: unknown }).delay === undefined
}

/** The actions that change nothing but the machine itself. */
const computing: ReadonlySet<string> = new Set(['xstate.assign', 'xstate.raise', 'xstate.enqueueActions'])

function invalid(type: string, why: string): Error {
  return failure(
    'RETINUE_MACHINE_INVALID',
    `The machine '${type}' can't be kept in a session: ${why}.`,
    "Let it change its own data (assign, raise), and do the rest where the item's 'changed' is heard.",
    { machine: type },
  )
}
