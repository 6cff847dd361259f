// The options of definitions: what each may say. One that says something else would be taken for the default, or for
// nothing at all, in silence: a version that no step leads to, a section in no slot.
import { RetinueError } from './errors.ts'
import { order } from './pass.ts'
import type { Slot } from './types.ts'

/** The slots of a prompt, in their order. */
export const slots: readonly Slot[] = ['system', 'before', 'agent', 'after', 'tools', 'end']

/** Refuses options that say what they can't. @throws {RETINUE_DEFINITION_INVALID} */
export function checkOptions(kind: string, type: string, options: object): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || rules.get(option)?.(value) !== false) continue
    throw new RetinueError(
      'RETINUE_DEFINITION_INVALID',
      `The ${kind} '${type}' can't have the ${option} ${String(value)}.`,
    )
  }
}

type Rule = (value: unknown) => boolean

const isNumber: Rule = (value) => typeof value === 'number' && !Number.isNaN(value)
const oneOf =
  (known: readonly unknown[]): Rule =>
  (value) =>
    known.includes(value)
const isForm = oneOf(['full', 'summary', 'omit'])

const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    version: (value) => Number.isInteger(value) && (value as number) > 0,
    slot: oneOf(slots),
    stability: oneOf(Object.keys(order)),
    shrink: (forms) => Array.isArray(forms) && forms.every(isForm),
    order: isNumber,
    priority: isNumber,
    maxTokens: isNumber,
  } satisfies Record<string, Rule>),
)
