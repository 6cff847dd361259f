// The cast of a rehearsal: a user, an agent and a session in a registry of their own, whose values differ from seed to
// seed and are the same for the same one. Seed 0 has defaults only.
import { AgentConfig, ChatSession, ChatUser, type Registration, type Registry } from '@retinue/kernel'
import { samplesOf } from './samples.ts'
import { entriesOf, registryWith, type Subject } from './subject.ts'

/** A user, an agent, a session. */
export interface Cast {
  readonly registry: Registry
  readonly user: ChatUser
  readonly agent: AgentConfig
  readonly session: ChatSession
}

type Fields = Record<string, unknown>
type ItemBag = { $get(type: string): Fields; $types(): string[]; $peek(type: string): Fields | undefined }

/** Makes owners with every tool of the plugin, each item of it asked for, its fields filled by the seed. */
export function castOf(subject: Subject, seed: number): Cast {
  const registry = registryWith(subject)
  const user = new ChatUser({ id: `user-${seed}`, registry })
  const entries = entriesOf(registry, subject)
  const tools = entries.filter(({ kind }) => kind.name === 'toolset').map(({ type }) => type)
  const agent = new AgentConfig({ name: `agent-${seed}`, registry, tools })
  const session = new ChatSession({ id: `session-${seed}`, user, agent })
  for (const entry of entries) {
    if (entry.shape === undefined) continue
    const owners = entry.kind.home === 'user' ? (seed % 2 === 0 ? [user] : [agent]) : [session]
    for (const owner of owners) fill(bagOf(owner, entry), entry, seed)
  }
  return { registry, user, agent, session }
}

/** The bag of an owner that a registration's items are in; `undefined` where such an owner has none. */
export function bagOf(owner: object, { kind }: Registration): ItemBag | undefined {
  return (owner as Record<string, ItemBag | undefined>)[kind.bag]
}

function fill(bag: ItemBag | undefined, entry: Registration, seed: number): void {
  const item = attempt(() => bag?.$get(entry.type))
  if (item === undefined || seed === 0) return
  const { properties } = (entry.definition as { schema: { properties: Record<string, object> } }).schema
  for (const [i, [field, schema]] of Object.entries(properties).entries()) {
    const samples = samplesOf(schema)
    if (samples.length > 0) attempt(() => (item[field] = samples[(seed + i) % samples.length]))
  }
}

/** What is refused here (a need that is not there, a field that others set) is some other check's to judge. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
