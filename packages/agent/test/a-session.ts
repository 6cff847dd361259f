// A session on the real kernel with a registry of its own, so that tests don't hear of each other, and small ways to
// look at what a run did.
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  type Contribution,
  createRegistry,
  definePlugin,
  defineToolset,
  type Message,
  type Registry,
  type Tool,
} from '@retinue/kernel'
import type { RunEvent } from '../src/index.ts'

/** Makes a session whose agent has the toolset `kit` of these tools, and one toolset for each further entry. */
export function aSession(
  tools: Readonly<Record<string, Tool>> = {},
  more: Readonly<Record<string, Readonly<Record<string, Tool>>>> = {},
): ChatSession {
  const registry = createRegistry()
  const contributes = Object.entries({ kit: tools, ...more }).map(([name, members]) =>
    defineToolset(name, { tools: members }),
  )
  registry.register(definePlugin({ name: '@test/kit', version: '1.0.0', contributes }))
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'tester', registry, tools: ['kit'] })
  const session = new ChatSession({ user, agent })
  registries.set(session, registry)
  return session
}

/** Registers more with the registry of a session that `aSession` made. */
export function register(session: ChatSession, ...contributes: Contribution[]): void {
  registryOf(session).register(definePlugin({ name: '@test/more', version: '1.0.0', contributes }))
}

/** Registers the toolset `kit` again with other tools, as its package does when it is evaluated again. */
export function replaceKit(session: ChatSession, tools: Readonly<Record<string, Tool>>): void {
  const contributes = [defineToolset('kit', { tools })]
  registryOf(session).register(definePlugin({ name: '@test/kit', version: '1.0.0', contributes }))
}

/** The registry of a session that `aSession` made. */
export function registryOf(session: ChatSession): Registry {
  return registries.get(session)!
}

const registries = new WeakMap<ChatSession, Registry>()

/** Reads all events of a run, until it ends or throws. */
export async function eventsOf(run: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  try {
    for await (const event of run) events.push(event)
  } catch {
    // The last events tell.
  }
  return events
}

/** The types of events, in order. */
export function typesOf(events: readonly RunEvent[]): string[] {
  return events.map(({ type }) => type)
}

/** The history in short: who said what. */
export function historyOf(session: ChatSession): string[] {
  return [...session.messages].map(told)
}

function told(message: Message): string {
  const partial = message.role === 'assistant' && message.partial === true ? ' (partial)' : ''
  const parts = message.parts.map((part) => {
    switch (part.type) {
      case 'text':
        return part.text
      case 'reasoning':
        return `[${part.text}]`
      case 'file':
        return `<${part.mediaType}>`
      case 'provider':
        return `{${part.provider}: ${part.content.type}}`
      case 'tool-call':
        return `${part.toolName}(${JSON.stringify(part.input)})`
      case 'tool-result':
        return `${part.output.type.startsWith('error') ? '✗' : '='} ${typeof part.output.value === 'string' ? part.output.value : JSON.stringify(part.output.value)}`
    }
  })
  return `${message.role}${partial}: ${parts.join(' | ')}`
}

/** What a user says, as a message. */
export function say(text: string): Message {
  return { role: 'user', parts: [{ type: 'text', text }] }
}

/** A promise with its ends outside. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}
