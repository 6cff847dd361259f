import { readdirSync, readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Context,
  contract,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Secret,
  Type,
} from '../src/index.ts'
import type { Layer } from '../src/layers.ts'
import { sharedNames } from './shared-names.ts'

class Note extends Context('note', { text: Type.String({ default: '' }) }) {}

/** What copies of the kernel may hand each other, and each of its sorts. */
function handed(): Record<string, readonly object[]> {
  const tool = defineTool({ description: 'Notes.', input: Type.Object({}), execute: () => null })
  const toolset = defineToolset('note', { needs: [Note], tools: { note: tool } })
  const plugin = definePlugin({ name: '@test/note', version: '1.0.0', contributes: [Note, toolset] })
  const registry = createRegistry()
  registry.register(plugin)
  const user = new ChatUser({ id: 'ada', registry })
  const agent = new AgentConfig({ name: 'a', registry, tools: ['note'] })
  const session = new ChatSession({ user, agent })
  const layer = under(session, 'layer') as Layer
  const note = registry.contexts.get('note')!
  const { members } = layer.user!
  return {
    plugin: [plugin],
    class: [Note],
    toolset: [toolset],
    tool: [tool],
    item: [new Note()],
    secret: [Secret.env('HOME')],
    registry: [registry],
    catalogue: [registry.contexts],
    registration: [note],
    origin: [note.origin],
    kind: [note.kind],
    shape: [note.shape!],
    graph: [registry.graph],
    domain: [registry.domain],
    ...told(session),
    live: [registry.awake],
    manager: [registry.manager!],
    layer: [layer],
    members: [members!],
    force: members!.forces(),
    cell: [under(session.context.$get(Note), 'cell')],
    bag: [under(session.context, 'bag')],
    list: [session.tools, session.messages],
  }
}

/** What a domain is told of changes, of what is captured before them, and of events. */
function told(session: ChatSession): Record<string, readonly object[]> {
  const { domain } = session.registry
  const record = vi.spyOn(domain, 'record')
  const note = vi.spyOn(domain, 'note')
  const announce = vi.spyOn(domain, 'announce')
  session.on('changed', () => {})
  session.context.$get(Note).text = 'changed'
  session.user.context.$get(Note).text = 'requested'
  session.tools.push('other')
  session.messages.push({ role: 'user', parts: [] })
  session.agent = undefined
  session.emit('done')
  return {
    change: [...record.mock.calls, ...note.mock.calls].map(([change]) => change),
    event: announce.mock.calls.map(([notice]) => notice),
  }
}

function under(object: object, name: string): object {
  return (object as Record<symbol, object>)[Symbol.for(`@retinue/kernel/${name}`)]!
}

/** Every name that things answer to, but for those of the language. */
function namesOf(things: readonly object[]): string {
  const names = new Set<string>()
  for (const thing of things)
    for (let at = thing; at !== null && !languages.has(at); at = Object.getPrototypeOf(at) as object)
      for (const key of Reflect.ownKeys(at)) names.add(typeof key === 'symbol' ? `@${key.description}` : key)
  const ofLanguage = /^(?:constructor|prototype|name|length|@Symbol\.toStringTag)$|^@nodejs/
  return sorted([...names].filter((name) => !ofLanguage.test(name)))
}

const languages = new Set<object>([Object.prototype, Function.prototype])

/** What the kernel's text has where a pattern has a group. */
function inSource(pattern: RegExp): string {
  const source = new URL('../src/', import.meta.url)
  const texts = readdirSync(source).map((file) => readFileSync(new URL(file, source), 'utf8'))
  return sorted(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name!.trim())))
}

function sorted(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' ')
}

it('what copies of the kernel look for on what they are handed changes only with the contract (SPEC 11)', () => {
  const names = {
    ...Object.fromEntries(Object.entries(handed()).map(([sort, things]) => [sort, namesOf(things)])),
    symbol: inSource(/Symbol\.for\('(@retinue\/[^']+)'\)/g),
    memo: inSource(/\.memo\(['`]([\w ]+)/g),
  }
  expect(
    { contract, names },
    'Raise `contract` in src/shared.ts, then have shared-names.ts say what is new.',
  ).toEqual(sharedNames)
})
