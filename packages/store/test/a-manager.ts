// A small plugin, and managers as several processes would have them: each with a registry and live objects of its own.
import {
  AgentConfig,
  ChatSession,
  type ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  type Plugin,
  type Registry,
  Section,
  Type,
} from '@retinue/kernel'
import { StoredSessionManager, type RecordStore, type StoredSessionManagerOptions } from '../src/index.ts'

export const Taste = Config('taste', {
  tone: Type.String({ default: 'plain' }),
  size: Type.Integer({ default: 1 }),
  colour: Type.String({ default: 'grey' }),
})
export const Notes = Context('notes', {
  text: Type.String({ default: '' }),
  list: Type.Array(Type.String(), { default: [] }),
})
export const Style = Section('style', { words: Type.Integer({ default: 10 }) }, { template: 'Be brief.' })

export const Board = Config('board', {
  stars: Type.Array(Type.String(), { default: [], merge: true }),
  counts: Type.Record(Type.String(), Type.Integer(), { default: {}, merge: true }),
})

/** Twenty configs of their own. */
export const many = Array.from({ length: 20 }, (_, i) =>
  Config(`many_${'abcdefghijklmnopqrst'[i]}`, { value: Type.Integer({ default: 0 }) }),
)

export const plugin: Plugin = definePlugin({
  name: '@test/taste',
  version: '1.0.0',
  contributes: [Taste, Notes, Style, Board, ...many],
})

/** What one process has. */
export interface Process {
  readonly registry: Registry
  readonly agent: AgentConfig
  readonly manager: StoredSessionManager
  /** A session with a user of the store. */
  session(id?: string): Promise<ChatSession>
}

export function processOn(
  store: RecordStore,
  {
    plugins = [plugin],
    ...options
  }: Partial<StoredSessionManagerOptions> & { plugins?: readonly Plugin[] } = {},
): Process {
  const registry = createRegistry()
  for (const each of plugins) registry.register(each)
  const agent = new AgentConfig({ name: 'guide', registry })
  const manager = new StoredSessionManager({ store, registry, agents: () => agent, ...options })
  const session = async (id?: string): Promise<ChatSession> =>
    new ChatSession({ user: await manager.user('ada'), agent, manager, id })
  return { registry, agent, manager, session }
}

export const taste = (owner: ChatSession | ChatUser) => owner.config.$get(Taste)
export const notes = (session: ChatSession) => session.context.$get(Notes)

export function say(session: ChatSession, text: string): void {
  session.messages.push({ role: 'user', parts: [{ type: 'text', text }] })
}

/** Says texts, each saved before the next. */
export async function sayAndSave(
  manager: StoredSessionManager,
  session: ChatSession,
  ...texts: readonly string[]
): Promise<void> {
  for (const text of texts) {
    say(session, text)
    await manager.saved(session)
  }
}

/** What was said, in short. */
export function said(session: ChatSession): string[] {
  return session.messages.map(({ parts }) =>
    parts.map((part) => ('text' in part ? part.text : part.type)).join(),
  )
}

/** Three turns, each with a message and a note. */
export async function threeTurns(store: RecordStore) {
  const process = processOn(store)
  const session = await process.session('s1')
  for (const text of ['one', 'two', 'three']) {
    say(session, text)
    if (text === 'two') taste(session).size = 2
    notes(session).text = text
    await process.manager.saved(session)
  }
  return { ...process, made: session }
}
