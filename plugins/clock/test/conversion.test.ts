import { expect, test } from 'vitest'
import { conversion, moment } from '../src/conversion.ts'
import { Zone } from '../src/zone.ts'

const convert = (time: string, from: string, to: string): string =>
  conversion(time, new Zone(from), new Zone(to))

test('a time is told in another zone, with its day and both offsets', () => {
  expect(convert('2026-01-05T20:30', 'America/Los_Angeles', 'Asia/Kolkata')).toBe(
    'Monday, 2026-01-05 20:30 in America/Los_Angeles (UTC-08:00) is Tuesday, 2026-01-06 10:00 in Asia/Kolkata (UTC+05:30).',
  )
})

test('a time with an offset is an instant, wherever it is said', () => {
  const noon = 'is Monday, 2026-10-05 14:00 in Europe/Berlin (UTC+02:00).'
  for (const time of ['2026-10-05T12:00Z', '2026-10-05 12:00:00.000Z', '2026-10-05T08:00-04:00']) {
    expect(convert(time, 'Asia/Tokyo', 'Europe/Berlin')).toBe(`${time} ${noon}`)
  }
})

test('a time that clocks are set forward over does not exist, and the answer says why', () => {
  expect(convert('2026-03-29T02:30', 'Europe/Berlin', 'UTC')).toBe(
    'Sunday, 2026-03-29 02:30 does not exist in Europe/Berlin: clocks are set forward over it, from UTC+01:00 to UTC+02:00. Name a time before or after.',
  )
  expect(convert('2026-03-29T01:59:59', 'Europe/Berlin', 'UTC')).toContain(
    'is Sunday, 2026-03-29 00:59:59 in UTC',
  )
  expect(convert('2026-03-29T03:00', 'Europe/Berlin', 'UTC')).toContain('is Sunday, 2026-03-29 01:00 in UTC')
})

test('a time that clocks are set back over comes twice, and the answer gives both', () => {
  expect(convert('2026-10-25T02:30', 'Europe/Berlin', 'America/New_York')).toBe(
    `Sunday, 2026-10-25 02:30 comes twice in Europe/Berlin, where clocks are set back then:
- with UTC+02:00 it is Saturday, 2026-10-24 20:30 in America/New_York (UTC-04:00)
- with UTC+01:00 it is Saturday, 2026-10-24 21:30 in America/New_York (UTC-04:00)`,
  )
  expect(convert('2026-10-25T03:00', 'Europe/Berlin', 'UTC')).toContain('(UTC+01:00) is')
  expect(convert('2026-10-25T01:59', 'Europe/Berlin', 'UTC')).toContain('(UTC+02:00) is')
})

test('days that a zone left out, half hours and old offsets with seconds are told as they are', () => {
  expect(convert('2011-12-30T12:00', 'Pacific/Apia', 'UTC')).toContain(
    'Friday, 2011-12-30 12:00 does not exist in Pacific/Apia: clocks are set forward over it, from UTC-10:00 to UTC+14:00.',
  )
  expect(convert('2026-04-05T01:45', 'Australia/Lord_Howe', 'UTC')).toContain('comes twice')
  expect(convert('2026-10-04T02:15', 'Australia/Lord_Howe', 'UTC')).toContain('does not exist')
  expect(moment(Date.UTC(1800, 0, 1), new Zone('Europe/Paris'))).toBe(
    'Wednesday, 1800-01-01 00:09:21 in Europe/Paris (UTC+00:09:21)',
  )
})
