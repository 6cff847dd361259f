// A time zone: what its clocks show at an instant, and at which instants they show something. Instants are
// milliseconds since 1970; what clocks show is written the same way, as if they stood in UTC, so that the difference
// is the offset. All knowledge of zones is the runtime's; its `Intl` says only what clocks show, the rest is found here.
import { failure } from './errors.ts'

const dayMs = 86_400_000
const secondMs = 1000

/** A time zone that the runtime knows. */
export class Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat

  /** @throws {RETINUE_CLOCK_ZONE} */
  constructor(name: string) {
    this.name = name
    try {
      this.#format = formatOf(name)
    } catch {
      const [like] = zonesLike(name)
      throw failure(
        'RETINUE_CLOCK_ZONE',
        `There is no time zone '${name}'.`,
        like === undefined
          ? "Give its IANA name, an area and a city: 'Europe/Berlin', 'America/New_York'; or 'UTC'."
          : `Did you mean '${like}'?`,
      )
    }
  }

  /** What clocks show at an instant. */
  shownAt(instantMs: number): number {
    const parts: Record<string, number> = {}
    for (const { type, value } of this.#format.formatToParts(instantMs)) parts[type] = Number(value)
    const { year, month, day, hour, minute, second } = parts as Record<keyof typeof fields, number>
    return Date.UTC(year, month - 1, day, hour, minute, second)
  }

  /** How far clocks are ahead of UTC at an instant, in milliseconds. */
  offsetAt(instantMs: number): number {
    return this.shownAt(instantMs) - Math.floor(instantMs / secondMs) * secondMs
  }

  /**
   * The instants at which clocks show something, in order: one as a rule, two where they are set back over it, none
   * where they are set forward over it.
   */
  instantsOf(shownMs: number): number[] {
    return this.offsetsAround(shownMs)
      .map((offsetMs) => shownMs - offsetMs)
      .filter((instantMs) => this.shownAt(instantMs) === shownMs)
  }

  /** The offsets a day before and a day after, once if they are the same: no offset is as long as a day. */
  offsetsAround(shownMs: number): number[] {
    return [...new Set([this.offsetAt(shownMs - dayMs), this.offsetAt(shownMs + dayMs)])]
  }
}

const fields = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
} as const

/** A prompt asks at each step, and making a format costs as much as asking it fifteen times. */
const formats = new Map<string, Intl.DateTimeFormat>()
const maxFormats = 50

/** What runtimes take, and read as few mean it: BST as Bangladesh, AST as Alaska, EST as the winter of New York. */
const abbreviation = /^(?!hst|[cemw]et|gmt|uct)[a-z]{2}t$/i

/** @throws {RangeError} where there is no such zone. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  if (abbreviation.test(timeZone)) throw new RangeError()
  const made = new Intl.DateTimeFormat('en-US', { ...fields, timeZone })
  if (formats.size >= maxFormats) formats.clear()
  formats.set(timeZone, made)
  return made
}

/** Zones that end so, as far as the runtime lists its zones: for 'new york' that is America/New_York. */
function zonesLike(name: string): string[] {
  const end = `/${name.trim().replaceAll(' ', '_')}`.toLowerCase()
  const zones = Intl.supportedValuesOf?.('timeZone') ?? []
  return zones.filter((zone) => `/${zone}`.toLowerCase().endsWith(end))
}
