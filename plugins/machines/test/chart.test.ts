import fc from 'fast-check'
import { Type } from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { and, assign, createActor, createMachine, enqueueActions, fromPromise, raise, setup } from 'xstate'
import { Chart } from '../src/chart.ts'
import { defineMachine, whileIn } from '../src/index.ts'
import { toneChart, Tone } from './a-session.ts'

const code = (name: string) => expect.objectContaining({ code: name })

describe('a machine that acts is refused where it is defined', () => {
  const two = { a: { on: { go: 'b' } }, b: {} }
  test.each([
    ['invokes an actor', createMachine({ invoke: { src: fromPromise(async () => 1) } })],
    ['waits for time', createMachine({ initial: 'a', states: { a: { after: { 1000: 'b' } }, b: {} } })],
    ["the action 'ring'", createMachine({ initial: 'a', states: { ...two, b: { entry: 'ring' } } })],
    ["the action 'anonymous'", createMachine({ entry: () => {} })],
    ["the action 'ring'", createMachine({ exit: { type: 'ring' } })],
    [
      "the guard 'sure'",
      createMachine({ initial: 'a', states: { a: { on: { go: { target: 'b', guard: 'sure' } } }, b: {} } }),
    ],
    [
      'initial state could not be computed',
      createMachine({
        context: () => {
          throw new Error('no input')
        },
      }),
    ],
    [
      'initial state could not be computed: Error: Infinite loop detected',
      createMachine({ initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } }),
    ],
    [
      "the action 'ring'",
      createMachine({
        initial: 'a',
        states: { a: { initial: { target: 'b', actions: 'ring' }, states: { b: {} } } },
      }),
    ],
    [
      'how it begins does something',
      createMachine({ entry: enqueueActions(({ enqueue }) => enqueue(() => {})) }),
    ],
    ['it raises an event later', createMachine({ entry: raise({ type: 'on' }, { delay: 10 }) })],
    [
      "its state 'a' raises an event later",
      createMachine({
        initial: 'a',
        states: { a: { on: { go: { actions: raise({ type: 'on' }, { delay: () => 10 }) } } } },
      }),
    ],
    ['it is none of XState', {} as never],
    ['it is none of XState', undefined as never],
  ])('%s', (why, machine) => {
    expect(() => new Chart('odd', machine)).toThrow(code('RETINUE_MACHINE_INVALID'))
    expect(() => new Chart('odd', machine)).toThrow(why)
  })

  test('a machine that computes by any means is taken', () => {
    const machine = setup({
      types: { context: {} as { n: number } },
      guards: { few: ({ context }) => context.n < 3, even: ({ context }) => context.n % 2 === 0 },
      actions: { count: assign({ n: ({ context }) => context.n + 1 }) },
    }).createMachine({
      context: { n: 0 },
      initial: 'a',
      states: {
        a: { entry: 'count', on: { go: { guard: 'few', actions: [raise({ type: 'on' })] }, on: 'b' } },
        b: {
          on: { back: { guard: and(['few', 'even']), target: 'a' } },
          exit: enqueueActions(({ enqueue }) => enqueue('count')),
        },
      },
    })
    const chart = new Chart('counter', machine)
    expect(chart.initial).toEqual({ state: 'a', data: { n: 1 }, history: {} })
    expect(chart.next(chart.initial, { type: 'go' }).state).toBe('b')
    expect(() => chart.next(chart.next(chart.initial, { type: 'go' }), { type: 'back' })).toThrow(
      "turns 'back' down",
    )
  })

  test('what a computed action does outside of the machine is refused when it is fired, with nothing changed', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: { on: { go: { target: 'b', actions: enqueueActions(({ enqueue }) => enqueue(() => {})) } } },
        b: {},
      },
    })
    const chart = new Chart('sly', machine)
    expect(() => chart.next(chart.initial, { type: 'go' })).toThrow(code('RETINUE_MACHINE_INVALID'))
  })

  test('an error in a guard or an assignment goes to whoever fired', () => {
    const machine = createMachine({
      context: {},
      on: {
        go: {
          actions: assign(() => {
            throw new Error('no luck')
          }),
        },
      },
    })
    const chart = new Chart('unlucky', machine)
    expect(() => chart.next(chart.initial, { type: 'go' })).toThrow('no luck')
  })
})

describe('states', () => {
  const machine = createMachine({
    type: 'parallel',
    states: {
      door: { initial: 'shut', states: { shut: { on: { open: 'open' } }, open: {} } },
      light: {
        initial: 'off',
        states: {
          off: { on: { on: 'on' } },
          on: { initial: 'dim', states: { dim: {}, bright: {} } },
          last: { type: 'history' },
        },
      },
      bell: {},
    },
  })
  class House extends defineMachine('house', machine) {}

  test('of a parallel machine are all in force at once', () => {
    const { chart } = House
    expect(chart.states).toEqual([
      'door',
      'door.shut',
      'door.open',
      'light',
      'light.off',
      'light.on',
      'light.on.dim',
      'light.on.bright',
      'bell',
    ])
    const lit = chart.next(chart.initial, { type: 'on' })
    expect(() => chart.next(lit, { type: 'on' })).toThrow(
      "takes no 'on' in the states 'door.shut', 'light.on.dim', 'bell'.",
    )
    expect(chart.active(lit.state)).toEqual([
      'door',
      'door.shut',
      'light',
      'light.on',
      'light.on.dim',
      'bell',
    ])
  })

  test.each([
    { door: 'shut', light: 'off', bell: {} },
    { door: 'shut', light: { on: 'bright' }, bell: {} },
  ])('%j fits', (state) => {
    expect(new House({ state }).state).toEqual(state)
  })

  test.each([
    'a',
    { door: 'shut', light: 'on', bell: {} },
    { door: 'shut', light: 'last', bell: {} },
    { door: 'shut', light: 'off' },
    { door: 'shut', light: 'off', bell: {}, roof: {} },
  ])('%j does not fit', (state) => {
    expect(() => new House({ state } as never)).toThrow(code('RETINUE_VALUE_INVALID'))
  })

  test('that history remembers are gone back to, from what is kept as JSON', () => {
    class Player extends defineMachine(
      'player',
      createMachine({
        initial: 'playing',
        states: {
          playing: {
            initial: 'music',
            on: { stop: 'stopped' },
            states: { music: { on: { talk: 'talk' } }, talk: {}, last: { type: 'history' } },
          },
          stopped: { on: { go: 'playing.last' } },
        },
      }),
    ) {}
    const player = new Player()
    player.send({ type: 'talk' })
    player.send({ type: 'stop' })
    const again = new Player(JSON.parse(JSON.stringify(player)) as object)
    expect(again.send({ type: 'go' })).toEqual({ playing: 'talk' })
    const gone = JSON.parse(JSON.stringify(player).replace('playing.talk', 'playing.gone')) as object
    expect(() => new Player(gone)).toThrow(code('RETINUE_VALUE_INVALID'))
  })

  test('that do not exist are refused in a template at its definition', () => {
    expect(() => whileIn(Tone, 'furious', 'Take cover.')).toThrow(
      "The machine 'tone' has no state 'furious'. Its states are: calm, upset, upset.mildly, upset.very, gone.",
    )
  })

  test('are templates of code, of text with code in it, or of plain text', () => {
    const texts = [whileIn(Tone, 'calm', 'Fine.'), whileIn(Tone, 'calm', (view) => `Fine, ${view.user.id}.`)]
    const seen = (active: string[]) =>
      ({ user: { id: 'ada' }, interactionContext: { machines: { tone: { active } } } }) as never
    expect(texts.map((text) => (text as (view: never) => string)(seen(['calm'])))).toEqual([
      'Fine.',
      'Fine, ada.',
    ])
    expect(texts.map((text) => (text as (view: never) => string)(seen(['gone'])))).toEqual(['', ''])
    expect(
      texts.map((text) => (text as (view: never) => string)({ interactionContext: {} } as never)),
    ).toEqual(['', ''])
  })
})

test("a machine in a session goes the way of XState's own actor, whatever is fired (SPEC 24)", () => {
  const events = fc.constantFrom(
    { type: 'complain' as const },
    { type: 'apologise' as const, well: true },
    { type: 'apologise' as const, well: false },
    { type: 'leave' as const },
  )
  fc.assert(
    fc.property(fc.array(events, { maxLength: 12 }), (fired) => {
      const actor = createActor(toneChart).start()
      const tone = new Tone()
      for (const event of fired) {
        const { can } = actor.getSnapshot()
        const expected = actor.getSnapshot().status === 'active' && can.call(actor.getSnapshot(), event)
        expect(tone.can(event)).toBe(expected)
        expect(attempt(() => tone.send(event))).toBe(expected ? 'sent' : 'RETINUE_MACHINE_TRIGGER')
        if (expected) actor.send(event)
        expect({ state: tone.state, data: tone.data }).toEqual({
          state: actor.getSnapshot().value,
          data: actor.getSnapshot().context,
        })
      }
    }),
    { numRuns: 300 },
  )
})

test('data that it has only later is kept, and may go again', () => {
  const make = assign({ draft: 'Dear Ada' } as never)
  const clear = assign({ draft: undefined } as never)
  class Letter extends defineMachine(
    'letter',
    createMachine({ on: { make: { actions: make }, clear: { actions: clear } } }),
  ) {}
  const letter = new Letter()
  letter.send({ type: 'make' })
  expect(letter.data).toEqual({ draft: 'Dear Ada' })
  letter.send({ type: 'clear' })
  expect(letter.data).toEqual({})
})

test('its data is checked by the schema that it is given', () => {
  class Counter extends defineMachine(
    'count',
    setup({ types: { context: {} as { n: number } } }).createMachine({
      context: { n: 0 },
      on: { add: { actions: assign({ n: ({ context }) => context.n + 1 }) } },
    }),
    { data: Type.Object({ n: Type.Integer({ maximum: 1 }) }) },
  ) {}
  const counter = new Counter()
  counter.send({ type: 'add' })
  expect(() => counter.send({ type: 'add' })).toThrow(code('RETINUE_VALUE_INVALID'))
  expect([counter.state, counter.data]).toEqual([{}, { n: 1 }])
})

function attempt(send: () => void): string {
  try {
    send()
    return 'sent'
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}
