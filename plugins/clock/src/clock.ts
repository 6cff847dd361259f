// The plugin as it is seen from outside: a config, a section that says the date, and the tools that tell the time.
// Zones, wording and arithmetic are in files of their own. Importing this file registers nothing; `index` does.
import {
  type Bag,
  Config,
  definePlugin,
  defineTool,
  defineToolset,
  type RunContext,
  Section,
  Type,
} from '@retinue/kernel'
import { conversion, moment } from './conversion.ts'
import { dateText } from './wording.ts'
import { timePattern } from './written-time.ts'
import { Zone } from './zone.ts'

const fields = {
  timeZone: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      description: "The zone that is meant where none is named: 'Europe/Berlin'.",
    }),
  ),
}

/** Which time zone is meant. */
export class ClockConfig extends Config('clock', fields) {}

/** What of the preferences plugin is used where it is there; this package does not import it. */
interface Preferred {
  readonly userPreferences?: { readonly timeZone?: string }
}

/** Says the date: it stands last, since it changes each day, and what stands before it stays cached. */
export class ClockSection extends Section('clock', fields, {
  follows: ClockConfig,
  slot: 'end',
  stability: 'turn',
  template({ section, interactionContext, now }) {
    const zone = meantZone(section.timeZone, interactionContext.context as Preferred)
    return `Today is ${dateText(zone.shownAt(now.getTime()))} (${zone.name}).`
  },
}) {}

const timeZone = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 64,
    description: "An IANA name, 'Europe/Berlin'; else the person's.",
  }),
)

/** The tools that tell the time. */
export const clock = defineToolset('clock', {
  needs: [ClockConfig, ClockSection],
  tools: {
    now: defineTool({
      description: 'Tells the date and the time, to the second, in a time zone.',
      input: Type.Object({ timeZone }),
      effect: 'pure',
      execute: ({ timeZone }, run) => moment(Date.now(), zoneOf(timeZone, run)),
    }),

    convert: defineTool({
      description: 'Tells which time it is in one time zone when it is a given time in another.',
      input: Type.Object({
        time: Type.String({
          pattern: timePattern,
          description:
            "Date and time: '2026-10-05T14:00'. Where it ends in Z or an offset, 'from' does not count.",
        }),
        from: timeZone,
        to: timeZone,
      }),
      effect: 'pure',
      execute: ({ time, from, to }, run) => conversion(time, zoneOf(from, run), zoneOf(to, run)),
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-clock',
  version: '0.1.0',
  contributes: [ClockConfig, ClockSection, clock],
})

/** The zone that a call names, or the one that is meant where it names none. @throws {RETINUE_CLOCK_ZONE} */
function zoneOf(name: string | undefined, { sections, context }: RunContext): Zone {
  if (name !== undefined) return new Zone(name)
  // `$peek`, because dot access would ask for the preferences.
  const userPreferences = (context as Bag<Required<Preferred>>).$peek('userPreferences')
  // The section's, which follows the config: prompt and tools mean the same zone.
  return meantZone(sections.clock.timeZone, userPreferences && { userPreferences })
}

/** The zone that is set, else that of the preferences, else UTC. @throws {RETINUE_CLOCK_ZONE} */
function meantZone(configured: string | undefined, { userPreferences }: Preferred = {}): Zone {
  return new Zone(configured ?? userPreferences?.timeZone ?? 'UTC')
}
