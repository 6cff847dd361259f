// Toggles: the smallest machine that is of use. It is open or closed, and it can be opened for a number of turns.
import { checkOptions, type KnownOptions, option, Type } from '@retinue/kernel'
import { assign, setup } from 'xstate'
import { defineMachine, type MachineClass, type MachineItem, type MachineOptions } from './machine.ts'
import { turn } from './turn.ts'

/** How a toggle is opened. */
export interface ToggleOpening {
  /** How many turns it stays open, of which the one that goes on is the first. @default until it is closed */
  readonly turns?: number
}

/** A toggle of a session, an interaction or an agent. */
export interface ToggleItem extends MachineItem<ReturnType<typeof toggle>> {
  readonly isOpen: boolean
  /** Opens it; opening it again counts anew. @throws {RETINUE_VALUE_INVALID} for a number of turns that is none */
  open(opening?: ToggleOpening): void
  /** Closes it, if it is open. */
  close(): void
}

/** The class of a toggle. */
export interface ToggleClass extends Omit<MachineClass<ReturnType<typeof toggle>>, never> {
  new (values?: object): ToggleItem
}

/** What a toggle may say. */
export interface ToggleOptions extends Pick<MachineOptions, 'needs'> {
  /** Whether it is open at first. @default false */
  readonly isOpen?: boolean
}

/**
 * Makes the class of a toggle.
 *
 * @example
 * class Details extends defineToggle('details') {}
 * // once something needs it: session.machines.details.open({ turns: 3 })
 */
export function defineToggle(type: string, options: ToggleOptions = {}): ToggleClass {
  checkOptions(`The toggle '${type}'`, options, toggleOptions, 'RETINUE_DEFINITION_INVALID')
  const { isOpen = false, ...others } = options
  class Toggle extends defineMachine(type, toggle(isOpen), { ...others, data: ToggleData }) {
    get isOpen(): boolean {
      return this.state === 'open'
    }

    open(opening: ToggleOpening = {}): void {
      checkOptions('open()', opening, { turns: option.any }) // a number of turns is looked at as the data that it is
      this.send({ type: 'open', turns: opening.turns ?? null })
    }

    close(): void {
      if (this.isOpen) this.send('close')
    }
  }
  return Toggle as unknown as ToggleClass
}

const toggleOptions: KnownOptions<ToggleOptions> = { isOpen: option.flag, needs: option.list }

const ToggleData = Type.Object({
  turnsLeft: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]),
})

type Opening = { type: 'open'; turns: number | null }

function toggle(isOpen: boolean) {
  const types = {
    context: {} as { turnsLeft: number | null },
    events: {} as Opening | { type: 'close' } | { type: typeof turn },
  }
  const left = ({ event }: { event: Opening }) => event.turns
  return setup({ types }).createMachine({
    context: { turnsLeft: null },
    initial: isOpen ? 'open' : 'closed',
    states: {
      closed: { on: { open: { target: 'open', actions: assign({ turnsLeft: left }) } } },
      open: {
        on: {
          open: { actions: assign({ turnsLeft: left }) },
          close: { target: 'closed', actions: assign({ turnsLeft: null }) },
          [turn]: [
            {
              guard: ({ context }) => context.turnsLeft === 1,
              target: 'closed',
              actions: assign({ turnsLeft: null }),
            },
            {
              guard: ({ context }) => context.turnsLeft !== null,
              actions: assign({ turnsLeft: ({ context }) => context.turnsLeft! - 1 }),
            },
          ],
        },
      },
    },
  })
}
