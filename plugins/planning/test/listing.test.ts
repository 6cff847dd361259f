import { estimateTokens } from '@retinue/kernel'
import { expect, test } from 'vitest'
import { details, openLines } from '../src/listing.ts'
import { readOutline } from '../src/outline.ts'
import { add, change, type Change, type Task } from '../src/plan.ts'

function plan(outline: string, ...changes: Change[]): readonly Task[] {
  return changes.reduce<readonly Task[]>(
    change,
    add({ tasks: [], lastId: 0 }, readOutline(outline), {}).tasks,
  )
}

test('what is closed is left out, and nothing is said where nothing is open', () => {
  const tasks = plan('House\n  Walls\n  Roof', { id: 2, state: 'done' }, { id: 3, signOff: true })
  expect(openLines(tasks, 20)).toBe('1 House\n  3 Roof (needs sign-off)')
  expect(openLines([], 20)).toBe('')
  expect(openLines(change(tasks, { id: 1, state: 'dropped' }), 20)).toBe('')
})

test('what is under way comes first, with the tasks above it, then what is next; the rest is counted', () => {
  const outline = Array.from({ length: 5 }, (_, i) => `Plan ${i}\n  a\n  b\n  c`).join('\n')
  const tasks = plan(
    outline,
    { id: 19, state: 'doing' },
    { id: 20, state: 'blocked', note: 'Rain.\n\nNobody knows how long.' },
  )
  expect(openLines(tasks, 5)).toBe(
    [
      '1 Plan 0',
      '  2 a',
      '17 Plan 4',
      '  19 b (doing)',
      '  20 c (blocked): Rain. Nobody knows how long.',
      '… and 15 more open; planning_show lists all.',
    ].join('\n'),
  )
})

test('however large a plan is, what is shown of it is small', () => {
  const title = 'Look at the part of the system that this task is about, '
  const outline = (length: number): string =>
    Array.from({ length }, (_, i) => `${i % 10 === 0 ? '' : '  '}${title}${i}`).join('\n')
  const tokens = [20, 500, 1000].map((length) => estimateTokens(openLines(plan(outline(length)), 20)))
  expect(tokens[1]! - tokens[0]!).toBeLessThan(20) // the line that counts the rest
  expect(tokens[2]! - tokens[1]!).toBeLessThan(2)
  expect(tokens[1]).toBeLessThan(350)
})

test('the worst that titles, notes and nesting can do is bounded too', () => {
  const deep = Array.from({ length: 100 }, (_, i) => `${' '.repeat(i % 8)}${'x'.repeat(200)}`).join('\n')
  const all = Array.from({ length: 100 }, (_, i): Change => ({
    id: i + 1,
    state: 'blocked',
    note: 'y'.repeat(1000),
  }))
  expect(estimateTokens(openLines(plan(deep, ...all), 20))).toBeLessThan(27 * 60)
})

test('details show each task and its notes, closed ones too', () => {
  const tasks = plan(
    'House\n  Walls',
    { id: 2, note: 'Two\nlines', state: 'doing' },
    { id: 2, note: 'One', state: 'done' },
  )
  expect(details(tasks)).toBe('1 House\n  2 Walls (done)\n    - Two\n      lines\n    - One')
})
