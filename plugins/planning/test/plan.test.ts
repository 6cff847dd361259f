import { compileSchema, Type } from '@retinue/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lines } from '../src/listing.ts'
import { readOutline } from '../src/outline.ts'
import {
  above,
  add,
  change,
  type Change,
  endOf,
  isOpen,
  maxTasks,
  type Plan,
  remove,
  signOff,
  type State,
  Task,
} from '../src/plan.ts'

const house = add(
  { tasks: [], lastId: 0 },
  readOutline('House\n  Walls\n    Bricks\n    Mortar\n  Roof\nGarden'),
  {},
)

const changed = (tasks: readonly Task[], ...changes: Change[]): Task[] => [
  ...changes.reduce<readonly Task[]>(change, tasks),
]

test('tasks get numbers in the order of the outline, and no number is given twice', () => {
  expect(lines(house.tasks)).toBe('1 House\n  2 Walls\n    3 Bricks\n    4 Mortar\n  5 Roof\n6 Garden')
  const dropped = remove(changed(house.tasks, { id: 6, state: 'dropped' }), 6)
  const again = add({ ...house, tasks: dropped }, readOutline('Garden'), {})
  expect(again.tasks.at(-1)).toMatchObject({ id: 7, title: 'Garden' })
  const written = add({ ...house, lastId: 0 }, readOutline('Garden'), {}) // by a program that forgot the last number
  expect(written).toMatchObject({ lastId: 7 })
  expect(written.tasks.at(-1)).toMatchObject({ id: 7 })
})

test('tasks are added last, below a task, or before one', () => {
  const at = (place: object): string => lines(add(house, readOutline('New\n  Newer'), place).tasks)
  expect(at({})).toContain('6 Garden\n7 New\n  8 Newer')
  expect(at({ under: 0 })).toBe(at({}))
  expect(at({ under: 2 })).toContain('    4 Mortar\n    7 New\n      8 Newer\n  5 Roof')
  expect(at({ under: 6 })).toContain('6 Garden\n  7 New\n    8 Newer')
  expect(at({ before: 5 })).toContain('    4 Mortar\n  7 New\n    8 Newer\n  5 Roof')
  expect(at({ before: 1 })).toMatch(/^7 New\n {2}8 Newer\n1 House/)
})

test('a task moves with all that is below it, and never into itself', () => {
  const at = (place: object): string => lines(changed(house.tasks, { id: 2, ...place }))
  expect(at({ under: 6 })).toBe('1 House\n  5 Roof\n6 Garden\n  2 Walls\n    3 Bricks\n    4 Mortar')
  expect(at({ under: 0 })).toBe('1 House\n  5 Roof\n6 Garden\n2 Walls\n  3 Bricks\n  4 Mortar')
  expect(at({ before: 1 })).toBe('2 Walls\n  3 Bricks\n  4 Mortar\n1 House\n  5 Roof\n6 Garden')
  expect(() => at({ under: 3 })).toThrow("Task 2 can't be moved into itself.")
  expect(() => at({ before: 2 })).toThrow("Task 2 can't be moved into itself.")
  expect(() => at({ under: 7 })).toThrow('[RETINUE_PLANNING_TASK] There is no task 7.')
})

test('a task is done when all below it is closed; dropping it drops what is open below', () => {
  expect(() => changed(house.tasks, { id: 1, state: 'done' })).toThrow(
    "[RETINUE_PLANNING_ORDER] Task 1 can't be done: below it 2, 3, 4, 5 are open. Close these first",
  )
  const built = changed(
    house.tasks,
    { id: 3, state: 'done' },
    { id: 2, state: 'dropped' },
    { id: 5, state: 'done' },
    { id: 1, state: 'done' },
  )
  expect(built.map(({ state }) => state)).toEqual(['done', 'dropped', 'done', 'dropped', 'done', 'todo'])
})

test('nothing below a closed task can be open: not when it is opened, added or moved there', () => {
  const closed = changed(house.tasks, { id: 2, state: 'dropped' })
  const refusal = 'Task 2 is dropped, so nothing below it can be open.'
  expect(() => changed(closed, { id: 3, state: 'doing' })).toThrow(refusal)
  expect(() => changed(closed, { id: 5, under: 2 })).toThrow(refusal)
  expect(() => changed(closed, { id: 5, before: 3 })).toThrow(refusal)
  expect(() => add({ tasks: closed, lastId: 6 }, readOutline('New'), { under: 2 })).toThrow(refusal)
  const again = changed(closed, { id: 2, state: 'doing' }, { id: 3, state: 'doing' })
  expect(again.map(({ state }) => state)).toEqual(['todo', 'doing', 'doing', 'dropped', 'todo', 'todo'])
  expect(changed(closed, { id: 6, state: 'done' }, { id: 6, under: 2 }).at(-2)).toMatchObject({
    id: 6,
    level: 2,
  })
})

test('what needs a sign-off is not done without one, and needs it again when it is opened again', () => {
  const wanted = changed(house.tasks, { id: 5, signOff: true })
  expect(() => changed(wanted, { id: 5, state: 'done' })).toThrow(
    'Task 5 is done when a person has signed it off. Ask for that with planning_sign_off.',
  )
  expect(() => changed(wanted, { id: 5, signOff: false })).toThrow("that can't be taken back")
  expect(changed(wanted, { id: 4, signOff: false })).toEqual(wanted)
  const signed = signOff(wanted, 5, 'Tiles are on.')
  expect(signed[4]).toEqual({
    id: 5,
    level: 1,
    title: 'Roof',
    state: 'done',
    notes: ['Tiles are on.'],
    signOff: 'given',
  })
  expect(changed(signed, { id: 5, note: 'It leaks.', state: 'doing' })[4]).toMatchObject({
    state: 'doing',
    signOff: 'wanted',
  })
  expect(() => signOff(wanted, 1, 'Done.')).toThrow('below it 2, 3, 4, 5 are open')
  const dropped = changed(wanted, { id: 5, state: 'dropped' })
  expect(dropped[4]).toMatchObject({ state: 'dropped', signOff: 'wanted' })
  expect(() => changed(dropped, { id: 5, state: 'done' })).toThrow('when a person has signed it off')
  expect(signOff(dropped, 5, 'It is there after all.')[4]).toMatchObject({ state: 'done', signOff: 'given' })
  for (const state of [undefined, 'done', 'dropped'] as const) {
    expect(() => changed(signed, { id: 5, signOff: true, state })).toThrow(
      "[RETINUE_PLANNING_ORDER] Task 5 is done, so there is nothing to sign off. Leave signOff out, or open the task again with the state 'doing'.",
    )
  }
  expect(changed(signed, { id: 5, signOff: true, state: 'doing' })[4]).toMatchObject({ signOff: 'wanted' })
})

test('what is not over can not be removed', () => {
  expect(() => remove(house.tasks, 2)).toThrow('Task 2 is not over: 2, 3, 4 are open.')
  expect(lines(remove(changed(house.tasks, { id: 2, state: 'dropped' }), 2))).toBe(
    '1 House\n  5 Roof\n6 Garden',
  )
})

test('plans, levels and notes have their limits, and each says what to do', () => {
  const many = readOutline('x\n'.repeat(maxTasks))
  const full = add({ tasks: [], lastId: 0 }, many, {})
  expect(() => add(full, readOutline('x'), {})).toThrow(
    '[RETINUE_PLANNING_FULL] A plan has at most 1000 tasks; this would make it 1001. Remove what is closed',
  )
  const deep = readOutline(Array.from({ length: 9 }, (_, i) => `${' '.repeat(i)}x`).join('\n'))
  expect(() => add(house, deep, {})).toThrow('[RETINUE_PLANNING_OUTLINE] Tasks are nested 8 deep at most.')
  expect(() => add(house, deep.slice(0, 8), { under: 1 })).toThrow('8 deep')
  const noted = changed(house.tasks, ...Array.from({ length: 50 }, () => ({ id: 1, note: 'x' })))
  expect(() => changed(noted, { id: 1, note: 'x' })).toThrow(
    '[RETINUE_PLANNING_FULL] Task 1 has 50 notes, and can take no more. Add a task below it',
  )
})

test('whatever is done to a plan, it stays a plan: its rules hold, and what is refused changes nothing', () => {
  const number = fc.integer({ min: 0, max: 12 })
  const states = fc.constantFrom<State>('todo', 'doing', 'blocked', 'done', 'dropped')
  const changes = fc.record(
    {
      id: number,
      state: states,
      under: number,
      before: number,
      signOff: fc.constant(true),
      note: fc.constant('n'),
    },
    { requiredKeys: ['id'] },
  )
  const steps = fc.oneof(
    changes.map((each) => (plan: Plan): Plan => ({ ...plan, tasks: change(plan.tasks, each) })),
    number.map((id) => (plan: Plan): Plan => ({ ...plan, tasks: remove(plan.tasks, id) })),
    number.map((id) => (plan: Plan): Plan => ({ ...plan, tasks: signOff(plan.tasks, id, 'It is done.') })),
    fc.tuple(number, number).map(
      ([under, before]) =>
        (plan: Plan): Plan =>
          add(plan, readOutline('a\n  b'), before > 6 ? { under } : { before }),
    ),
  )
  const schema = compileSchema(Type.Array(Task))
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 30 }), (all) => {
      let plan: Plan = house
      for (const step of all) {
        const before = JSON.stringify(plan)
        const earlier = plan
        plan = tried(step, plan)
        expect(JSON.stringify(earlier)).toBe(before)
        expect(schema.check(plan.tasks)).toBe(true)
        const ids = plan.tasks.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        expect(Math.max(0, ...ids)).toBeLessThanOrEqual(plan.lastId)
        plan.tasks.forEach((task, index) => {
          const [parent] = above(plan.tasks, index)
          expect(task.level).toBe(parent === undefined ? 0 : plan.tasks[parent]!.level + 1)
          const open = plan.tasks.slice(index, endOf(plan.tasks, index)).filter(isOpen)
          expect(isOpen(task) || open.length === 0).toBe(true)
        })
      }
    }),
    { numRuns: 500 },
  )
})

/** Takes a step; one that planning refuses leaves the plan as it was. */
function tried(step: (plan: Plan) => Plan, plan: Plan): Plan {
  try {
    return step(plan)
  } catch (error) {
    if ((error as Error).message.startsWith('[RETINUE_PLANNING_')) return plan
    throw error
  }
}
