import { compileSchema, Type } from '@retinue/kernel'
import { expect, test } from 'vitest'
import { readTime, timePattern } from '../src/written-time.ts'

const form = compileSchema(Type.String({ pattern: timePattern }))

test.each([
  ['2026-10-05T14:03', '2026-10-05T14:03:00Z', undefined],
  ['2026-10-05 14:03:07', '2026-10-05T14:03:07Z', undefined],
  ['2026-10-05T14:03:07.999Z', '2026-10-05T14:03:07Z', '2026-10-05T14:03:07Z'],
  ['2026-10-05T14:03-05:30', '2026-10-05T14:03:00Z', '2026-10-05T19:33:00Z'],
  ['2024-02-29T00:00', '2024-02-29T00:00:00Z', undefined],
  ['9999-12-31T23:59:59', '9999-12-31T23:59:59Z', undefined],
])('%s is read as it is written', (text, shown, instant) => {
  expect(form.check(text)).toBe(true)
  const instantMs = instant === undefined ? undefined : Date.parse(instant)
  expect(readTime(text)).toEqual({ shownMs: Date.parse(shown), instantMs })
})

test.each([
  '2026-02-29T12:00',
  '2026-04-31T12:00',
  '2026-13-01T12:00',
  '2026-00-10T12:00',
  '2026-10-05T24:00',
  '2026-10-05T12:60',
  '2026-10-05T12:00:60',
  '2026-10-05T12:00+25:00',
])('%s has the form of a time and is none', (text) => {
  expect(form.check(text)).toBe(true)
  expect(() => readTime(text)).toThrow(`[RETINUE_CLOCK_TIME] There is no such time as ${text}.`)
})

test.each([
  '',
  'now',
  '14:00',
  '2026-10-05',
  '0026-10-05T14:00',
  '2026-10-05T14:00 CET',
  '2026-10-05T14:00Z\n',
])('%j has not even the form', (text) => {
  expect(form.check(text)).toBe(false)
})
