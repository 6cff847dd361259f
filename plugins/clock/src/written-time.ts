// A date and time as a model writes it: what clocks show, or an instant where it ends in an offset.
import { failure } from './errors.ts'

/** The form: years from 1000, seconds and offset as one likes; fractions of a second are read and left aside. */
export const timePattern =
  '^[1-9]\\d{3}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})?$'

/** A time that was read. */
export interface WrittenTime {
  /** What clocks show, in milliseconds as if they stood in UTC. */
  readonly shownMs: number
  /** The instant, where the text has an offset. */
  readonly instantMs: number | undefined
}

/** Reads a text of the form above. @throws {RETINUE_CLOCK_TIME} where the calendar has no such day, or the day no such hour */
export function readTime(text: string): WrittenTime {
  const [, date, minutes, seconds = ':00', offset] =
    /^(.{10})[T ](.{5})(:\d{2})?(?:\.\d+)?(Z|[+-].{5})?$/.exec(text) ?? []
  const iso = `${date}T${minutes}${seconds}`
  const shownMs = Date.parse(`${iso}Z`)
  const instantMs = offset === undefined ? undefined : Date.parse(iso + offset)
  // What a calendar does not have is read as a later day, or as no number.
  const isReal = new Date(shownMs || 0).toISOString().startsWith(iso) && !Number.isNaN(instantMs)
  if (isReal) return { shownMs, instantMs }
  throw failure(
    'RETINUE_CLOCK_TIME',
    `There is no such time as ${text}.`,
    'Check the day of the month, the hour (00 to 23) and the offset.',
  )
}
