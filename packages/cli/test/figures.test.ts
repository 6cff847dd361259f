import { expect, test } from 'vitest'
import { counted, duration } from '../src/figures.ts'
import { excerptOf } from '../src/chat/call-view.ts'

test('one of something is no plural', () => {
  expect([0, 1, 2].map((count) => counted(count, 'message'))).toEqual([
    '0 messages',
    '1 message',
    '2 messages',
  ])
  expect(excerptOf({ type: 'text', value: '1\n2\n3\n4\n5' }).at(-1)).toBe('… 1 more line')
})

test('a time span has at most sixty seconds in a minute', () => {
  expect([999, 1000, 59_949, 59_950, 61_000, 119_499, 119_500].map(duration)).toEqual([
    '999 ms',
    '1.0 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 1 s',
    '1 min 59 s',
    '2 min 0 s',
  ])
})
