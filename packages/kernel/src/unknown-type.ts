// What is said of a name that nothing is registered under: what looks like it, and what would bring it.
import { RetinueError } from './errors.ts'
import { ofKind } from './kind.ts'
import { suggestion, typeName, type Key } from './name.ts'
import type { Registry } from './registry.ts'

/**
 * Makes the error for a name that nothing is registered under.
 * @throws {RETINUE_NAME_INVALID}, {RETINUE_TYPE_MISMATCH} when nothing could be.
 */
export function unknownType(registry: Registry, key: Key, kind: string): RetinueError {
  const type = typeName(key, kind)
  const all = registry.all()
  const types = ofKind(all, kind).map((entry) => entry.type)
  const near = suggestion(type, types)
  const there =
    near === undefined
      ? [...all.values()]
          .sort((a, b) => b.type.length - a.type.length)
          .find((entry) => `${type}_`.startsWith(`${entry.type}_`))
      : registry.at(`${kind}.${near}`)
  const from = there?.origin.package ?? `@retinue/plugin-${type.replaceAll('_', '-')}`
  const meant = near ?? (there?.type === type && there.key)
  const start = meant
    ? `Did you mean '${meant}'? `
    : there
      ? `If '${from}' brings it, have it load that first. `
      : ''
  return new RetinueError('RETINUE_TYPE_UNKNOWN', `No plugin has registered the ${kind} '${type}'.`, {
    hint:
      `${start}Import the plugin that brings it, such as import '${from}': ` +
      'a type-only import, or one that a bundler drops, registers nothing. Your own takes register().',
    details: { kind, type, suggestion: near, known: types },
  })
}
