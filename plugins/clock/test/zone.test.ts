import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Zone } from '../src/zone.ts'

const secondMs = 1000
const from = Date.UTC(1900, 0, 1) / secondMs
const to = Date.UTC(2100, 0, 1) / secondMs
const instants = fc.integer({ min: from, max: to }).map((seconds) => seconds * secondMs)
const zones = [
  'UTC',
  'Europe/Berlin',
  'Europe/Dublin', // whose winter is the one that is saved
  'America/St_Johns',
  'Australia/Lord_Howe', // set by half an hour
  'Asia/Kathmandu',
  'Pacific/Apia', // left a day out
  'Africa/Casablanca',
  'America/New_York',
].map((name) => new Zone(name))

test('each instant is among those at which its clocks show what they show', () => {
  fc.assert(
    fc.property(fc.constantFrom(...zones), instants, (zone, instant) => {
      const found = zone.instantsOf(zone.shownAt(instant))
      expect(found).toContain(instant)
      expect(found).toEqual([...found].sort((a, b) => a - b))
      for (const each of found) expect(zone.shownAt(each)).toBe(zone.shownAt(instant))
    }),
    { numRuns: 2000 },
  )
})

test('around each change of the clocks in a year, times come once, twice or never as they should', () => {
  const hourMs = 3600 * secondMs
  const zone = new Zone('Europe/Berlin')
  const counts = new Map<number, number>()
  for (let shown = Date.UTC(2026, 0, 1); shown < Date.UTC(2027, 0, 1); shown += hourMs / 2) {
    const { length } = zone.instantsOf(shown)
    counts.set(length, (counts.get(length) ?? 0) + 1)
  }
  expect([counts.get(0), counts.get(1), counts.get(2)]).toEqual([2, 365 * 48 - 4, 2])
})

test('an instant between two seconds, also before 1970, belongs to the one that has begun', () => {
  const zone = new Zone('Europe/Berlin')
  expect(zone.offsetAt(-1)).toBe(3600 * secondMs)
  expect(zone.offsetAt(Date.UTC(2026, 6, 1) + 999)).toBe(7200 * secondMs)
})

test('zones are as they were, however many were asked for meanwhile', () => {
  const berlin = new Zone('Europe/Berlin')
  const offsets = Intl.supportedValuesOf('timeZone').map((name) => new Zone(name).offsetAt(0))
  expect(new Set(offsets).size).toBeGreaterThan(20)
  expect([berlin, new Zone('Europe/Berlin')].map((zone) => zone.offsetAt(0))).toEqual([
    3600 * secondMs,
    3600 * secondMs,
  ])
})

test('a zone that nobody knows is refused, with one that may be meant', () => {
  expect(() => new Zone('Tokyo')).toThrow(
    "[RETINUE_CLOCK_ZONE] There is no time zone 'Tokyo'. Did you mean 'Asia/Tokyo'?",
  )
  expect(() => new Zone('new york')).toThrow("Did you mean 'America/New_York'?")
  expect(() => new Zone('America/New York')).toThrow("Did you mean 'America/New_York'?")
  for (const name of ['Mars/Olympus', '', 'Middle Earth', '__proto__', 'Europe/Berlin ']) {
    expect(() => new Zone(name), name).toThrow('RETINUE_CLOCK_ZONE')
  }
})

test('an abbreviation that people read in several ways is refused, where runtimes take one of them', () => {
  for (const name of ['BST', 'ist', 'PST', 'AST', 'EST']) {
    expect(() => new Zone(name), name).toThrow(`There is no time zone '${name}'. Give its IANA name`)
  }
  for (const name of ['HST', 'CET', 'GMT', 'utc']) expect(new Zone(name).name).toBe(name)
})
