// What the packed types promise: a plugin written with nothing but the published face, and its use.
import '@retinue/plugin-workspace'
import { offlineModel, run } from '@retinue/agent'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  Type,
  definePlugin,
  defineTool,
  defineToolset,
  register,
} from '@retinue/kernel'

class NotesConfig extends Config('notes', { limit: Type.Integer({ default: 5, minimum: 1 }) }) {}
class RecentNotes extends Context('recent_notes', {
  titles: Type.Array(Type.String(), { default: [] }),
}) {}
const notes = defineToolset('notes', {
  needs: [NotesConfig, RecentNotes],
  tools: {
    notes: defineTool({
      description: 'Keeps a note.',
      input: Type.Object({ title: Type.String() }),
      execute: ({ title }) => title,
    }),
  },
})
declare module '@retinue/kernel' {
  interface ConfigTypes {
    notes: NotesConfig
  }
  interface ContextTypes {
    recentNotes: RecentNotes
  }
  interface ToolsetTypes {
    notes: typeof notes
  }
}
register(definePlugin({ name: 'notes', version: '1.0.0', contributes: [NotesConfig, RecentNotes, notes] }))

const user = new ChatUser({ id: 'ada' })
user.config.notes.limit = 7
// @ts-expect-error a limit is a number
user.config.notes.limit = 'seven'

const session = new ChatSession({ user, agent: new AgentConfig({ name: 'scribe', tools: ['notes'] }) })
session.context.recentNotes.titles satisfies readonly string[]
// @ts-expect-error values are replaced, never mutated inside
session.context.recentNotes.titles.push('first')
// @ts-expect-error nobody registers this context
void session.context.recentNots

const { text } = await run(session, 'Keep a note.', { model: offlineModel() }).result
text satisfies string
