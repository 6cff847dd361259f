import { expect, test } from 'vitest'
import { readOutline } from '../src/outline.ts'

const read = (text: string): string[] => readOutline(text).map(({ level, title }) => `${level} ${title}`)

test('each line is a task, and what is indented is below the line above', () => {
  expect(read('House\n  Walls\n    Bricks\n  Roof\nGarden')).toEqual([
    '0 House',
    '1 Walls',
    '2 Bricks',
    '1 Roof',
    '0 Garden',
  ])
})

test('bullets, numbers, empty boxes and empty lines are not part of a title', () => {
  expect(read('\n- a\n  * b\n\n  1. c\r\n  2) [ ] d\n+ [x] e\n• 2026 plans\n')).toEqual([
    '0 a',
    '1 b',
    '1 c',
    '1 d',
    '0 [x] e',
    '0 2026 plans',
  ])
})

test('any indent does, as long as it is more than that of the line above', () => {
  expect(read('a\n\tb\n\t\tc\n\td')).toEqual(['0 a', '1 b', '2 c', '1 d'])
  expect(read('    a\n      b\n   c\n')).toEqual(['0 a', '1 b', '0 c'])
  expect(read('a\n        b\n    c')).toEqual(['0 a', '1 b', '1 c'])
})

test('a task that says nothing or too much is refused, and the message says how to write it', () => {
  const refusal = (text: string): unknown => {
    try {
      return readOutline(text)
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(refusal(' \n - \n')).toBe(
    '[RETINUE_PLANNING_OUTLINE] The outline has no task. Write one task a line.',
  )
  expect(refusal('x'.repeat(201))).toContain('has 201 characters; a title has at most 200. Say it shorter')
  expect(readOutline('x'.repeat(200))).toHaveLength(1)
})
