// The spellings of one name: what a new package is called, and what its types and properties are called after it.
import * as kernel from '@retinue/kernel'
import { Config, Context, defineToolset, RetinueError, Section } from '@retinue/kernel'

/** A name as it is written in each place. */
export interface Spellings {
  /** `retinue-plugin-unit-conversion`, or what was given if it says so itself: `@acme/retinue-plugin-units`. */
  readonly package: string
  readonly kebab: string
  readonly snake: string
  readonly camel: string
  readonly pascal: string
}

/**
 * Spells a name.
 * @throws {RETINUE_SCAFFOLD_NAME} for what npm refuses, {RETINUE_NAME_INVALID} for what can't name a type.
 */
export function spellingsOf(name: string): Spellings {
  const kebab = name.replace(/^@[^/]*\//, '').replace(/^retinue-plugin-/, '')
  const full = /^@|^retinue-plugin-/.test(name) ? name : `retinue-plugin-${name}`
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(full) || full.length > 214) {
    throw new RetinueError('RETINUE_SCAFFOLD_NAME', `'${name}' can't be the name of a package.`, {
      hint: "Use small letters, digits and hyphens: 'unit-conversion', '@acme/retinue-plugin-units'.",
      details: { name },
    })
  }
  const snake = kebab.replaceAll('-', '_')
  // The kernel's own grammar, and the suffix of each kind, which none of its types is named with.
  for (const define of [Config, Context, Section]) define(snake, {})
  defineToolset(snake, { tools: {} })
  Context(`recent_${snake}`, {})
  const pascal = snake.replace(/(?:^|_)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase())
  const config = `${pascal}Config` // of the classes that are named after it, the one that the kernel may have, too
  if (config in kernel) {
    throw new RetinueError(
      'RETINUE_SCAFFOLD_NAME',
      `'${name}' can't name a plugin: the kernel has an ${config}.`,
      {
        hint: "Say what is special about it: 'travel-agent'.",
        details: { name },
      },
    )
  }
  return { package: full, kebab, snake, pascal, camel: pascal[0]!.toLowerCase() + pascal.slice(1) }
}
