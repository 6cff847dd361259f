import { describe, expect, it, vi } from 'vitest'
import * as first from '../src/index.ts'
import { sharedRegistry } from '../src/shared.ts'

/** Another copy of the kernel in this process, as two versions in `node_modules` make it. */
async function anotherCopy(): Promise<typeof first> {
  vi.resetModules()
  return import('../src/index.ts')
}

/** A plugin made by a copy, registered with the registry that both share. */
function copiedPlugin(kernel: typeof first) {
  const { Config, Context, Section, Type, Secret, defineKind, definePlugin, defineTool, defineToolset } =
    kernel
  class CopyConfig extends Config('copied', {
    limit: Type.Integer({ default: 5 }),
    key: Type.Optional(Secret()),
  }) {}
  class Copied extends Context(
    'copied',
    { words: Type.Array(Type.String(), { default: [] }) },
    { version: 2, upgrade: { 1: (old) => old } },
  ) {
    get count() {
      return this.words.length
    }
  }
  const CopyKind = defineKind({ name: 'copy', bag: 'copies', owners: ['session'] })
  class Copy extends CopyKind('paper', { sheets: Type.Integer({ default: 1 }) }) {}
  class CopySection extends Section(
    'copied',
    {},
    {
      needs: [Copied, CopyConfig],
      template: '<%= context.copied.count %> of <%= context.copied.words.join(", ") %>.',
    },
  ) {}
  const tool = defineTool({
    description: 'Copies.',
    input: Type.Object({ word: Type.String() }),
    execute: () => null,
  })
  const copied = defineToolset('copied', { needs: [CopySection, Copy], tools: { copied: tool } })
  const contributes = [CopyConfig, Copied, CopySection, CopyKind, Copy, copied]
  return { Copied, CopyConfig, plugin: definePlugin({ name: '@test/copied', version: '1.0.0', contributes }) }
}

describe('two copies of the kernel in one process', () => {
  it('are two, and share one registry (SPEC 11)', async () => {
    const second = await anotherCopy()
    expect(second.ChatSession).not.toBe(first.ChatSession)
    expect(second.registry).toBe(first.registry)
  })

  it.each([
    ['the first copy serves a session of the second', true],
    ['the second copy serves a session of the first', false],
  ])('a plugin of %s: dot access, values, tools, prompts, snapshots (SPEC 11)', async (_, firstDefines) => {
    const second = await anotherCopy()
    const [definer, host] = firstDefines ? [first, second] : [second, first]
    const { Copied, CopyConfig, plugin } = copiedPlugin(definer)
    const dispose = definer.register(plugin)
    const user = new host.ChatUser({ id: 'ada' })
    const agent = new host.AgentConfig({ name: 'a' })
    const session = new host.ChatSession({ user, agent })
    const heard: string[] = []
    session.on('contextAdded', ({ type }) => heard.push(type))
    session.on('copyAdded', (payload) => heard.push((payload as { type: string }).type))
    session.on('changed', ({ type, field }) => heard.push(`${type} ${field}`))
    agent.tools.push('copied')
    const { context, copies } = session as unknown as {
      context: Record<'copied', InstanceType<typeof Copied>>
      copies: Record<'paper', { sheets: number }>
    }
    context.copied.words = ['one', 'two']
    user.config.$get(CopyConfig).limit = 7
    user.config.$get(CopyConfig).key = definer.Secret.env('HOME')
    copies.paper.sheets = 3
    expect(context.copied).toBeInstanceOf(Copied)
    expect(session.context.$get(Copied).count).toBe(2)
    expect(() => (context.copied.words = [1] as never)).toThrow(
      expect.objectContaining({ code: 'RETINUE_VALUE_INVALID' }),
    )
    expect(session.config.$get(CopyConfig)).toMatchObject({ limit: 7 })
    expect(session.config.$get(CopyConfig).$source('limit')).toBe('user')
    expect(session.tools.published().map(({ name }) => name)).toEqual(['copied'])
    expect(session.prompt().text).toContain('2 of one, two.')
    expect(session.explain('context.copied').origin?.package).toBe('@test/copied')
    expect(heard).toEqual(['copied', 'paper', 'copied words', 'copied limit', 'copied key', 'paper sheets'])

    using turn = session.interact()
    turn.context.$get(Copied).words = ['three']
    expect(context.copied.words).toEqual(['one', 'two'])
    turn.promote(Copied as never)
    expect(context.copied.words).toEqual(['three'])

    const saved = session.snapshot()
    expect(saved).toMatchObject({
      context: { copied: { version: 2, values: { words: ['three'] } } },
      copies: { paper: { values: { sheets: 3 } } },
    })
    turn.end()
    session.close()
    const again = host.ChatSession.restore(saved, { user, agent })
    expect(again.report.ok).toBe(true)
    expect(again.session.snapshot()).toEqual(saved)
    again.session.close()
    dispose()
  })

  it.each([
    ['user', 'second', 'first', 'first'],
    ['agent', 'first', 'second', 'first'],
    ['session', 'first', 'first', 'second'],
  ])('serve one session together: its %s is of another copy than the rest (SPEC 11)', async (_, ...of) => {
    const copies: Record<string, typeof first> = { first, second: await anotherCopy() }
    const [ofUser, ofAgent, ofSession] = of.map((copy) => copies[copy]!) as [
      typeof first,
      typeof first,
      typeof first,
    ]
    const { Copied, CopyConfig, plugin } = copiedPlugin(ofAgent)
    const dispose = first.register(plugin)
    const user = new ofUser.ChatUser({ id: 'ada' })
    const agent = new ofAgent.AgentConfig({ name: 'a', tools: ['copied'] }) as never
    const session = new ofSession.ChatSession({ user: user as never, agent })
    const heard: string[] = []
    session.on('changed', ({ type, field, cause }) => heard.push(`${cause}: ${type} ${field}`))
    session.on('configRemoved', ({ type }) => heard.push(`${type} removed`))
    user.context.$set(Copied as never, { words: ['x'] } as never)
    expect(session.prompt().text).toContain('1 of x.')
    user.config.$get(CopyConfig).limit = 7
    expect(heard).toEqual(['user:ada: copied words', 'user:ada: copied limit'])
    user.config.$get(CopyConfig).$reset()

    session.tools.exclude('copied')
    expect(heard.slice(3)).toEqual(['copied removed'])
    expect(session.tools.inForce).toEqual([])
    session.tools.include('copied')
    using turn = session.interact()
    turn.tools.exclude('copied')
    expect(turn.tools.inForce).toEqual([])
    ;(agent as first.AgentConfig).tools.clear()
    expect(session.tools.inForce).toEqual([])
    turn.tools.include('copied')
    turn.tools.push('copied')
    expect(user.config.$has(CopyConfig)).toBe(true)
    session.close()
    expect(user.config.$has(CopyConfig)).toBe(false)
    dispose()
  })

  it('may be of versions whose kinds say more or less, as long as both say the same (SPEC 11)', async () => {
    const second = await anotherCopy()
    class Newer extends second.Context('newer', { words: second.Type.String({ default: '' }) }) {}
    const kind = Symbol.for('@retinue/kernel/kind')
    const spec = (Newer as unknown as Record<symbol, object>)[kind]!
    Object.defineProperty(Newer, kind, { value: { ...spec, icon: 'page' }, configurable: true })
    const plugin = second.definePlugin({ name: '@test/newer', version: '1.0.0', contributes: [Newer] })
    const dispose = first.register(plugin)
    expect(first.registry.contexts.list()).toContain('newer')
    dispose()
    Object.defineProperty(Newer, kind, { value: { ...spec, bag: 'pages' } })
    expect(() => first.register(plugin)).toThrow(expect.objectContaining({ code: 'RETINUE_TYPE_TAKEN' }))
  })

  it('throw errors that are instances of the class of either (SPEC 11)', async () => {
    const second = await anotherCopy()
    expect(second.RetinueError).not.toBe(first.RetinueError)
    const error = new second.RetinueError('RETINUE_TYPE_UNKNOWN', 'Nothing.')
    expect(error).toBeInstanceOf(first.RetinueError)
    for (const other of [new Error('RetinueError'), {}, null, undefined, 'RetinueError'])
      expect(other instanceof first.RetinueError).toBe(false)
  })

  it('can have children of the one registry, whichever copy makes them (SPEC 10, 11)', async () => {
    const second = await anotherCopy()
    const { Copied, plugin } = copiedPlugin(second)
    const child = second.createRegistry({
      parent: second.createRegistry({ parent: first.registry as never }),
    })
    const dispose = child.register(plugin)
    expect(child.contexts.create(Copied).count).toBe(0)
    expect(first.registry.contexts.has('copied')).toBe(false)
    const session = new second.ChatSession({ user: new second.ChatUser({ id: 'ada', registry: child }) })
    expect(session.context.$get(Copied).count).toBe(0)
    dispose()
  })

  it('may both have defined one plugin: the later definition replaces silently (SPEC 11, D18)', async () => {
    const second = await anotherCopy()
    const [mine, theirs] = [copiedPlugin(first), copiedPlugin(second)]
    first.register(mine.plugin)
    const session = new first.ChatSession({ user: new first.ChatUser({ id: 'ada' }) })
    session.context.$set(mine.Copied, { words: ['kept'] })
    const dispose = second.register(theirs.plugin)
    expect(session.context.$get(mine.Copied)).toBeInstanceOf(theirs.Copied)
    expect(session.context.$get(mine.Copied).words).toEqual(['kept'])
    session.close()
    dispose()
    expect(first.registry.contexts.has('copied')).toBe(false)
  })
})

describe('the slot that copies share', () => {
  it('gives one registry to all of one contract, whatever their versions (SPEC 11)', () => {
    const scope = {}
    const registry = sharedRegistry(scope, { contract: 1, version: '1.0.0', file: '/a/kernel.js' })
    expect(sharedRegistry(scope, { contract: 1, version: '1.4.0', file: '/b/kernel.js' })).toBe(registry)
    expect(sharedRegistry(scope, { contract: 1, version: '1.0.0', file: '/a/kernel.js' })).toBe(registry)
    expect(sharedRegistry({}, { contract: 1, version: '1.0.0', file: '/a/kernel.js' })).not.toBe(registry)
  })

  it('refuses a copy of another contract, naming both versions and paths (SPEC 11)', () => {
    const scope = {}
    const registry = sharedRegistry(scope, { contract: 1, version: '1.0.0', file: '/a/kernel.js' })
    const refused = () => sharedRegistry(scope, { contract: 2, version: '2.0.0', file: '/b/kernel.js' })
    expect(refused).toThrow(expect.objectContaining({ code: 'RETINUE_KERNEL_CONFLICT' }))
    expect(refused).toThrow('1.0.0 (/a/kernel.js, contract 1) and 2.0.0 (/b/kernel.js, contract 2)')
    expect(refused).toThrow('peer dependency')
    expect(sharedRegistry(scope, { contract: 1, version: '1.0.0', file: '/a/kernel.js' })).toBe(registry)
  })

  it('holds no session, and nobody’s data (D16)', () => {
    const slot = (globalThis as unknown as Record<symbol, object>)[Symbol.for('@retinue/kernel')]!
    expect(Object.keys(slot).sort()).toEqual(['contract', 'file', 'registry', 'version'])
    expect(first.contract).toBe(1)
    expect(first.kernelVersion).toMatch(/^\d+\.\d+\.\d+$/)
  })
})
