// Sections that show by state: a text for the prompt that is there only while a machine is in a state.
import { checkOptions, option, type Template, type TemplateView } from '@retinue/kernel'
import { chartOf } from './chart.ts'
import type { MachineClass } from './machine.ts'

/** What a template reads of a machine; through an interaction it sees the session's. */
interface Seen {
  readonly interactionContext: {
    readonly machines?: Readonly<Record<string, { readonly active: readonly string[] } | undefined>>
  }
}

/**
 * Makes a template that says something only while a machine is in a state; the section must need the machine, or it
 * says nothing.
 *
 * @example
 * class Apology extends Section('apology', {}, {
 *   needs: [Tone], template: whileIn(Tone, 'upset', 'Say that you are sorry before anything else.'),
 * }) {}
 * @throws {RETINUE_MACHINE_STATE} when the machine has no such state.
 */
export function whileIn(machine: MachineClass, state: string, template: Template): Template {
  const path = chartOf(machine).known(state)
  const known = { template: option.either(option.text, option.function) }
  checkOptions('whileIn()', { template }, known, 'RETINUE_DEFINITION_INVALID', 'template')
  if (typeof template === 'string' && template.includes('<%')) {
    const isIn = `interactionContext.machines.${machine.type}?.active.includes(${JSON.stringify(path)})`
    return `<% if (${isIn}) { %>${template}<% } %>`
  }
  return (view: TemplateView) => {
    const { machines } = (view as TemplateView & Seen).interactionContext
    if (!machines?.[machine.type]?.active.includes(path)) return ''
    return typeof template === 'string' ? template : template(view)
  }
}
