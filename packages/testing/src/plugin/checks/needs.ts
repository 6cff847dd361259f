import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { entriesOf, registryWith } from '../subject.ts'

/** Everything that is needed is there, and nothing needs itself. */
export const needs: Check = {
  name: 'what it needs is there, and goes round in no circle',
  run(subject) {
    const registry = registryWith(subject)
    for (const { key, needs: wanted } of entriesOf(registry, subject)) {
      const missing = wanted.find((need) => registry.at(need) === undefined)
      if (missing === undefined) continue
      throw broken(
        `${key} needs ${missing}, which nobody has registered.`,
        'Contribute it; or, if another package brings it, make that a peer dependency and name its plugin in alongside.',
      )
    }
    for (const { key } of entriesOf(registry, subject)) {
      const circle = circleAt(key, [], (at) => registry.at(at)?.needs ?? [])
      if (circle === undefined) continue
      throw broken(
        `Needs go round in a circle: ${circle.join(' → ')}.`,
        'Let one of them do without the next.',
      )
    }
  },
}

function circleAt(
  key: string,
  path: readonly string[],
  needsOf: (key: string) => readonly string[],
): readonly string[] | undefined {
  if (path.includes(key)) return [...path.slice(path.indexOf(key)), key]
  for (const need of needsOf(key)) {
    const circle = circleAt(need, [...path, key], needsOf)
    if (circle !== undefined) return circle
  }
  return undefined
}
