// The prompt of twenty sections after one field of a context changed, against rendering that section and joining.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Context,
  createRegistry,
  definePlugin,
  Section,
  Type,
} from '@retinue/kernel'
import { Eta } from 'eta/core'
import type { Case } from '../case.ts'
import { itemOf } from '../plugins.ts'

const rounds = 500
const letters = 'abcdefghijklmnopqrst'.split('')
const body = (item: string): string =>
  `## Notes <%= ${item}.title %>\nThere are <%= ${item}.count %> notes.\n<% if (${item}.count > 0) { %>\nThe last one is of <%= ${item}.author %>: <%= ${item}.text %>\n<% } %>\nKeep to them when you answer, and say which one you used.`

export default {
  what: 'the prompt of 20 sections after one context field changed, against rendering that one and joining',
  variants: {
    bare: () => {
      const eta = new Eta({ autoEscape: false, autoTrim: false })
      const render = eta.compile(body('it'))
      const items = letters.map((letter) => ({ title: letter, count: 1, author: 'ada', text: 'hello' }))
      const parts = items.map((item) => render.call(eta, item))
      let count = 0
      return {
        ops: rounds,
        run: () => {
          for (let i = 0; i < rounds; i++) {
            items[7]!.count = ++count
            parts[7] = render.call(eta, items[7])
            if (!parts.join('\n\n').includes(`are ${count} notes`)) throw new Error('not in it')
          }
        },
      }
    },
    retinue: () => {
      const registry = createRegistry()
      const contributes = letters.flatMap((letter) => {
        const Notes = Context(`notes_${letter}x`, {
          title: Type.String({ default: letter }),
          count: Type.Integer({ default: 1 }),
          author: Type.String({ default: 'ada' }),
          text: Type.String({ default: 'hello' }),
        })
        const NotesSection = Section(
          `notes_${letter}x`,
          {},
          { needs: [Notes], template: body(`context.notes${letter.toUpperCase()}x`) },
        )
        return [Notes, NotesSection]
      })
      registry.register(definePlugin({ name: '@bench/notes', version: '1.0.0', contributes }))
      const agent = new AgentConfig({
        name: 'a',
        sections: letters.map((letter) => `notes_${letter}x`),
        registry,
      })
      const session = new ChatSession({ user: new ChatUser({ id: 'u', registry }), agent })
      const item = itemOf<{ count: number }>(session.context, 'notesHx')
      let count = 1
      return {
        ops: rounds,
        run: () => {
          for (let i = 0; i < rounds; i++) {
            item.count = ++count
            const { text, parts } = session.prompt()
            if (parts.length !== 20 || !text.includes(`are ${count} notes`)) throw new Error(text)
          }
        },
      }
    },
  },
  bars: [{ variant: 'retinue', against: 'bare', atMost: 3 }],
} satisfies Case
