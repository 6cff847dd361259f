// A time in one zone, told in another. What clocks are set forward over never comes, and what they are set back over
// comes twice: both are answers, not errors.
import { dateText, offsetText, timeText } from './wording.ts'
import { readTime } from './written-time.ts'
import type { Zone } from './zone.ts'

/** Says what clocks in `to` show when those in `from` show the time; where it has an offset, that counts instead. */
export function conversion(time: string, from: Zone, to: Zone): string {
  const { shownMs, instantMs } = readTime(time)
  if (instantMs !== undefined) return `${time} is ${moment(instantMs, to)}.`
  const instants = from.instantsOf(shownMs)
  const [only, again] = instants
  const shown = `${dateText(shownMs)} ${timeText(shownMs)}`
  if (only === undefined) return missing(shown, shownMs, from)
  if (again === undefined) return `${moment(only, from)} is ${moment(only, to)}.`
  const lines = instants.map((each) => `- with ${offsetText(from.offsetAt(each))} it is ${moment(each, to)}`)
  return [`${shown} comes twice in ${from.name}, where clocks are set back then:`, ...lines].join('\n')
}

/** What clocks in a zone show at an instant: `Monday, 2026-10-05 14:03 in Europe/Berlin (UTC+02:00)`. */
export function moment(instantMs: number, zone: Zone): string {
  const shownMs = zone.shownAt(instantMs)
  const where = `in ${zone.name} (${offsetText(zone.offsetAt(instantMs))})`
  return `${dateText(shownMs)} ${timeText(shownMs)} ${where}`
}

function missing(shown: string, shownMs: number, zone: Zone): string {
  const [before = 0, after = 0] = zone.offsetsAround(shownMs)
  return `${shown} does not exist in ${zone.name}: clocks are set forward over it, from ${offsetText(before)} to ${offsetText(after)}. Name a time before or after.`
}
