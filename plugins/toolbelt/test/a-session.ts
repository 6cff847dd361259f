// A session whose agent may equip itself with notes and with a calculator, and two toolsets that can't be in force.
import { Config, Context, definePlugin, defineTool, defineToolset, Section, Type } from '@retinue/kernel'
import { testSession } from '@retinue/testing'
import '../src/index.ts'
import { plugin } from '../src/toolbelt.ts'

class NotesConfig extends Config('notes', { limit: Type.Integer({ default: 5 }) }) {}
class Notes extends Context('notes', { titles: Type.Array(Type.String(), { default: [] }) }) {}
class NotesSection extends Section('notes', {}, { needs: [Notes], template: 'Note what matters.' }) {}

const note = defineTool({
  description: 'Keeps a note.',
  input: Type.Object({ title: Type.String() }),
  execute({ title }, { session, interaction }) {
    const { context } = session.context.$has(Notes) ? session : interaction
    const notes = context.$get(Notes)
    notes.titles = [...notes.titles, title]
    return 'Kept.'
  },
})
const list = defineTool({ description: 'Lists notes.', input: Type.Object({}), execute: () => [] })

const notes = defineToolset('notes', {
  needs: [NotesConfig, Notes, NotesSection],
  tools: { notes: note, list },
})
const calculator = defineToolset('calculator', { tools: { add: list } })
const secretary = defineToolset('secretary', { needs: [notes], tools: { secretary: list } })
const broken = defineToolset('broken', { needs: ['context.nowhere'], tools: { broken: list } })

/** What it may equip itself with. */
export const others = definePlugin({
  name: '@test/others',
  version: '1.2.3',
  contributes: [NotesConfig, Notes, NotesSection, notes, calculator, secretary, broken],
})

/** Makes a session whose agent has the toolbelt, and may equip itself with what is named. */
export function makeSession(
  allow: readonly string[] = ['notes', 'calculator'],
  tools: readonly string[] = ['toolbelt'],
) {
  const made = testSession({ plugins: [plugin, others], list: tools })
  if (allow.length > 0) made.agent.config.toolbelt.allow = allow
  return { ...made, Notes }
}
