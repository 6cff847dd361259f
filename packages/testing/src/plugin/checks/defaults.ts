import { isDeepStrictEqual } from 'node:util'
import { RetinueError, type EntryClass, type Registration } from '@retinue/kernel'
import { atTime } from '../at-time.ts'
import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { entriesOf, registryWith } from '../subject.ts'

/** Defaults fit their schemas, belong to nobody else, and are the same for everybody. */
export const defaults: Check = {
  name: 'its defaults fit, are made fresh, and are always the same',
  run(subject) {
    const registry = registryWith(subject)
    for (const entry of entriesOf(registry, subject)) {
      if (entry.shape === undefined) continue
      const { properties } = (entry.definition as EntryClass).schema
      for (const [field, schema] of Object.entries(properties)) checkMaker(entry, field, schema)
      try {
        registry.of(entry.kind).create(entry.type)
      } catch (error) {
        throw broken(
          `The ${entry.kind.name} '${entry.type}' can't be made without values: ${reasonOf(error)}`,
          error instanceof RetinueError ? '' : 'Give each field a default that fits its schema.',
          error,
        )
      }
    }
  },
}

/** A default that is a function is called once in each process: what it gives may depend on nothing. */
function checkMaker({ kind, type }: Registration, field: string, schema: object): void {
  const make = (schema as { default?: unknown }).default
  if (typeof make !== 'function') return
  const made = [0, 1e12].map((ms) => {
    try {
      return atTime(ms, () => (make as () => unknown)())
    } catch {
      return undefined // the registry says why
    }
  })
  const what = `The default of '${field}' in the ${kind.name} '${type}'`
  if (!isDeepStrictEqual(made[0], made[1])) {
    throw broken(
      `${what} is another one each time.`,
      'What is saved leaves defaults out, so they must not change: make the value where it is used, and store it.',
    )
  }
  if (typeof made[0] === 'object' && made[0] !== null && made[0] === made[1]) {
    throw broken(
      `${what} gives the same object each time, which the kernel freezes.`,
      'Make a new one in the function.',
    )
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
