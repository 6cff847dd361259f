// How deep the JSON of models and tools may be nested. The history takes 200 levels, of which some are its own, so that
// what it is given can be frozen, saved and loaded; one value beyond that must not cost a run its whole answer.

/** The most levels of a tool's input or result. */
export const maxNesting = 150

/** Tells whether JSON is nested deeper than that. */
export function isTooDeep(value: unknown, levels = maxNesting): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((each) => isTooDeep(each, levels - 1))
}
