// The kind of machines, added to the kernel from outside: its bag hangs on agents, sessions and interactions, its items
// come and go as needs of tools and sections, and what is kept of a machine is where it is. Importing this file
// registers nothing; `index` does.
import {
  type Bag,
  checkOptions,
  defineKind,
  definePlugin,
  type EntryClass,
  type EntryOptions,
  type Frozen,
  type Item,
  type KnownOptions,
  type Need,
  option,
  type TProperties,
  type TSchema,
  Type,
} from '@retinue/kernel'
import type { AnyStateMachine, ContextFrom, EventFrom, StateValueFrom } from 'xstate'
import { Chart, type Position, type TriggerObject } from './chart.ts'
import { failure } from './errors.ts'

/** Machines by property; plugins add theirs by `declare module '@retinue/plugin-machines'`. */
export interface MachineTypes {}

/** The bag of machines. */
export type Machines = Bag<MachineTypes>

/** The kind: what hangs in `session.machines`. */
export const Machine = defineKind({
  name: 'machine',
  bag: 'machines',
  after: 'section',
  owners: ['agent', 'session', 'interaction'],
})

/** What is kept of a machine. */
export interface MachineFields<M extends AnyStateMachine> {
  /** Where it is: XState's state value. Assigning one puts the machine there without a transition. */
  state: Frozen<StateValueFrom<M>>
  /** Its data: what XState calls its context. */
  data: Frozen<ContextFrom<M>>
}

/** A trigger: its type, or an object with what comes with it. XState calls it an event. */
export type Trigger<M extends AnyStateMachine> = EventFrom<M> | EventFrom<M>['type']

/** A machine of a session, an interaction or an agent. */
export interface MachineItem<M extends AnyStateMachine = AnyStateMachine> extends Item<MachineFields<M>> {
  state: MachineFields<M>['state']
  data: MachineFields<M>['data']
  /** The paths of the states that it is in, parents first: `['open', 'open.half']`. */
  readonly active: readonly string[]
  /** Whether it came to its end. */
  readonly isDone: boolean
  /** The types of what it takes now; a guard may still turn one down. */
  readonly triggers: readonly string[]
  /** Tells whether it is in the state of that path. @throws {RETINUE_MACHINE_STATE} when there is none */
  matches(path: string): boolean
  /** Tells whether a trigger would lead on. */
  can(trigger: Trigger<M>): boolean
  /**
   * Fires a trigger as one transaction, and gives the state that it led to.
   * @throws {RETINUE_MACHINE_TRIGGER} with nothing changed, when the machine does not take it now.
   */
  send(trigger: Trigger<M>): MachineFields<M>['state']
}

/** The class of a machine. */
export interface MachineClass<M extends AnyStateMachine = AnyStateMachine> extends EntryClass<
  'machine',
  MachineItem<M>,
  Partial<MachineFields<M>>
> {
  /** The machine itself, checked. */
  readonly chart: Chart
}

/** What a machine may say beside its states. */
export interface MachineOptions extends Pick<EntryOptions, 'version' | 'upgrade'> {
  /** What fits as its data; otherwise any JSON object does. */
  readonly data?: TSchema
  readonly needs?: readonly Need[]
}

/**
 * Makes the class of a machine from an XState machine that computes and does not act. It is compiled and checked here,
 * so that what can't work is refused at once.
 *
 * @example
 * class Tone extends defineMachine('tone', createMachine({
 *   initial: 'calm',
 *   states: { calm: { on: { complain: 'upset' } }, upset: { on: { apologise: 'calm' } } },
 * })) {}
 * // once a tool or a section needs it: session.machines.tone.send('complain')
 * @throws {RETINUE_MACHINE_INVALID}
 */
export function defineMachine<M extends AnyStateMachine>(
  type: string,
  machine: M,
  machineOptions: MachineOptions = {},
): MachineClass<M> {
  checkOptions(`The machine '${type}'`, machineOptions, known, 'RETINUE_DEFINITION_INVALID')
  const { data, ...options } = machineOptions
  const chart = new Chart(type, machine)
  const { initial, historySchema } = chart
  const properties: TProperties = {
    state: { ...chart.stateSchema, default: initial.state },
    data: { ...(data ?? Type.Record(Type.String(), Type.Unknown())), default: initial.data },
    ...(historySchema && { history: { ...historySchema, default: {} } }),
  }
  const Kept = Machine(type, properties, options) as unknown as new () => Item<Position> & Kept
  class Running extends Kept {
    static readonly chart = chart

    get active(): readonly string[] {
      return chart.active(this.state)
    }

    get isDone(): boolean {
      return chart.isDone(positionOf(this))
    }

    get triggers(): readonly string[] {
      return chart.triggers(positionOf(this))
    }

    matches(path: string): boolean {
      return chart.matches(this.state, path)
    }

    can(trigger: string | TriggerObject): boolean {
      return chart.can(positionOf(this), asObject(trigger))
    }

    send(trigger: string | TriggerObject): unknown {
      const { state, data, history } = chart.next(positionOf(this), asObject(trigger))
      const hasData = [data, this.data].some((each) => Object.keys(each).length > 0)
      this.$patch({ state, ...(hasData && { data }), ...(historySchema && { history }) })
      return state
    }
  }
  return Running as unknown as MachineClass<M>
}

const known: KnownOptions<MachineOptions> = {
  version: option.whole(1),
  upgrade: option.object,
  data: option.schema,
  needs: option.list,
}

/** What this package contributes: the kind. Machines are contributed by the plugins that define them. */
export const plugin = definePlugin({
  name: '@retinue/plugin-machines',
  version: '0.1.0',
  contributes: [Machine],
})

/** The fields of a machine; `history` is not one of all. */
type Kept = Omit<Position, 'history'> & Partial<Position>

function positionOf({ state, data, history = {} }: Kept): Position {
  return { state, data, history }
}

function asObject(trigger: string | TriggerObject): TriggerObject {
  const given = typeof trigger === 'string' ? { type: trigger } : trigger
  if (typeof (given as Partial<TriggerObject> | undefined)?.type === 'string') return given
  throw failure(
    'RETINUE_MACHINE_TRIGGER',
    'That is no trigger.',
    "Give its name, or an object with it as 'type'.",
  )
}
