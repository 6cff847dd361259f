// Language tags and time zones, checked by the runtime's own knowledge of them. It differs from machine to machine, so
// it is asked when a tool writes, never when saved values are loaded. A runtime without `Intl` takes what looks right.
import { failure } from './errors.ts'

/**
 * Gives a language tag in its usual spelling: `de-CH` for `de-ch`. Any tag of the right form is one: no list of
 * languages is asked.
 * @throws {RETINUE_PREFERENCES_LANGUAGE}
 */
export function languageTag(text: string): string {
  if (typeof Intl === 'undefined') return text
  try {
    return Intl.getCanonicalLocales(text)[0] ?? text
  } catch {
    throw failure(
      'RETINUE_PREFERENCES_LANGUAGE',
      `'${text}' is no language tag.`,
      "Give one as BCP 47 has them: 'de', 'pt-BR', 'zh-Hant'.",
    )
  }
}

/** What runtimes take, and read as few mean it: BST as Bangladesh, AST as Alaska, EST as the winter of New York. */
const abbreviation = /^(?!hst|[cemw]et|gmt|uct)[a-z]{2}t$/i

/**
 * Gives the name of a time zone in its usual case: `Europe/Zurich` for `europe/zurich`. A name that is an alias stays,
 * because what runtimes put in its place is often the older one.
 * @throws {RETINUE_PREFERENCES_TIME_ZONE}
 */
export function timeZoneName(text: string): string {
  if (typeof Intl === 'undefined') return text
  try {
    if (abbreviation.test(text)) throw new RangeError()
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions()
    return timeZone.toLowerCase() === text.toLowerCase() ? timeZone : text
  } catch {
    throw failure(
      'RETINUE_PREFERENCES_TIME_ZONE',
      `There is no time zone '${text}'.`,
      "Give its IANA name, an area and a city: 'Europe/Zurich', 'America/New_York'; or 'UTC'.",
    )
  }
}
