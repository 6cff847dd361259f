// The options of definitions: what each may say. One that says something else would be taken for the default, or for
// nothing at all, in silence: an upgrade that never runs, a section in no slot.
import { RetinueError } from './errors.ts'
import { order } from './pass.ts'
import type { Form, Slot } from './types.ts'

/** The slots of a prompt, in their order. */
export const slots: readonly Slot[] = ['system', 'before', 'agent', 'after', 'tools', 'end']

const forms: readonly Form[] = ['full', 'summary', 'omit']

/** Refuses options that say what they can't. @throws {RETINUE_DEFINITION_INVALID} */
export function checkOptions(kind: string, type: string, options: object): void {
  for (const [option, value] of Object.entries(options)) {
    const rule = rules.get(option)
    if (value === undefined || rule === undefined || rule.fits(value)) continue
    const said = typeof value === 'string' ? `'${value}'` : String(value)
    throw new RetinueError(
      'RETINUE_DEFINITION_INVALID',
      `The ${kind} '${type}' can't have the ${option} ${said}.`,
      { hint: `It is ${rule.is}.`, details: { kind, type, option } },
    )
  }
}

interface Rule {
  readonly is: string
  readonly fits: (value: unknown) => boolean
}

function oneOf(known: readonly string[]): Rule {
  return { is: `one of ${known.join(', ')}`, fits: (value) => known.includes(value as string) }
}

const number: Rule = {
  is: 'a number',
  fits: (value) => typeof value === 'number' && !Number.isNaN(value),
}

const template: Rule = {
  is: 'a text or a function',
  fits: (value) => typeof value === 'string' || typeof value === 'function',
}

const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    version: { is: '1 or more', fits: (value) => Number.isInteger(value) && (value as number) > 0 },
    upgrade: {
      is: 'an object with a function for each version',
      fits: (value) => Object.values(Object(value) as object).every((step) => typeof step === 'function'),
    },
    slot: oneOf(slots),
    stability: oneOf(Object.keys(order)),
    shrink: {
      is: `a list of ${forms.join(', ')}`,
      fits: (value) => Array.isArray(value) && value.every((each) => forms.includes(each as Form)),
    },
    order: number,
    priority: number,
    maxTokens: number,
    template,
    summary: template,
  }),
)
