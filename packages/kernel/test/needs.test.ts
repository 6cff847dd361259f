import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  type Need,
  type Registration,
  type Registry,
  Section,
  Type,
} from '../src/index.ts'
import { Graph } from '../src/needs.ts'
import { cases } from './cases.ts'

const tool = defineTool({ description: 'x', input: Type.Object({}), execute: () => null })
const context = (type: string, needs: Need[] = []) => class extends Context(type, {}, { needs }) {}
const toolset = (type: string, needs: Need[]) => defineToolset(type, { needs, tools: { [type]: tool } })

function registryOf(...contributes: Parameters<typeof definePlugin>[0]['contributes']): Registry {
  const registry = createRegistry()
  registry.register(definePlugin({ name: 'test', version: '1.0.0', contributes }))
  return registry
}

describe('what is needed', () => {
  it('comes along however far away it is, needed first, and each once (SPEC 29)', () => {
    const registry = registryOf(
      toolset('search', ['context.results', 'section.guide']),
      context('results', ['context.pages']),
      context('pages'),
      class Guide extends Section('guide', {}, { needs: ['context.pages'] }) {},
    )
    expect(registry.graph.closure('toolset.search')).toEqual({
      keys: ['context.pages', 'context.results', 'section.guide', 'toolset.search'],
      problem: undefined,
    })
  })

  it('and is not there is reported with its path and what looks like it, and nothing of the closure comes (SPEC 29, D9)', () => {
    const registry = registryOf(
      toolset('search', ['context.results']),
      context('results', ['context.page']),
      context('pages'),
    )
    const { keys, problem } = registry.graph.closure('toolset.search')
    expect(keys).toEqual([])
    expect(problem).toMatchObject({
      code: 'RETINUE_NEED_MISSING',
      details: { path: ['toolset.search', 'context.results', 'context.page'] },
    })
    expect(problem?.message).toContain(
      "toolset.search → context.results needs the context 'page', which is not registered. Did you mean 'pages'?",
    )
    expect(registry.graph.closure('context.page').problem).toMatchObject({ code: 'RETINUE_TYPE_UNKNOWN' })
  })

  it('in a circle is reported with its path and the tool (SPEC 29, 31)', () => {
    const registry = registryOf(
      toolset('search', ['context.a']),
      context('a', ['context.b']),
      context('b', ['context.c']),
      context('c', ['context.a']),
    )
    const { problem } = registry.graph.closure('toolset.search')
    expect(problem).toMatchObject({ code: 'RETINUE_NEED_CYCLE' })
    expect(problem?.message).toContain(
      'Needs form a circle: context.a → context.b → context.c → context.a, needed by toolset.search.',
    )
    expect(
      registryOf(context('self', ['context.self'])).graph.closure('context.self').problem?.message,
    ).toContain('context.self → context.self')
  })

  it('and can not be defaulted is reported with its path (SPEC 18, D9)', () => {
    const fails = () => {
      throw new Error('no moon')
    }
    class Broken extends Context('broken', { phase: Type.String({ default: fails as never }) }) {}
    const registry = registryOf(toolset('search', [Broken]), Broken)
    expect(registry.graph.closure('toolset.search').problem).toMatchObject({
      code: 'RETINUE_DEFAULT_FAILED',
      details: { path: ['toolset.search', 'context.broken'] },
    })
  })

  it('keeps a tool listed as unresolved, with its reason, until it is there (D9, SPEC 5)', () => {
    const registry = registryOf(toolset('search', ['context.results']))
    const agent = new AgentConfig({ name: 'a', registry, tools: ['search'] })
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }), agent })
    expect(session.tools.unresolved).toMatchObject([{ type: 'search', code: 'RETINUE_NEED_MISSING' }])
    registry.register(definePlugin({ name: 'results', version: '1.0.0', contributes: [context('results')] }))
    expect(session.tools.unresolved).toEqual([])
    expect(session.tools.inForce).toEqual(['search'])
  })

  it('by what follows a config is that config (D6)', () => {
    class Plain extends Config('plain', { size: Type.Integer({ default: 3 }) }) {}
    class Follower extends Context('follower', { size: Type.Integer({ default: 3 }) }, { follows: Plain }) {}
    const { graph } = registryOf(Plain, Follower, context('other'))
    expect(graph.closure('context.follower').keys).toEqual(['config.plain', 'context.follower'])
    expect(graph.followers('config.plain').map(({ key }) => key)).toEqual(['context.follower'])
    expect(graph.followers('config.other')).toEqual([])
  })

  it('has a way to it from what brings it: the shortest (SPEC 36)', () => {
    const { graph } = registryOf(
      toolset('search', ['context.a', 'context.c']),
      context('a', ['context.b']),
      context('b', ['context.c']),
      context('c'),
    )
    const all = ['toolset.search', 'context.a', 'context.b', 'context.c']
    const path = (from: string, to: string, keys = all) => graph.path(from, to, keys)
    expect(path('toolset.search', 'context.c')).toEqual(['toolset.search', 'context.c'])
    expect(path('toolset.search', 'context.b')).toEqual(['toolset.search', 'context.a', 'context.b'])
    expect(path('toolset.search', 'context.b', all.toSpliced(1, 1))).toBeUndefined()
    expect(path('context.c', 'context.c')).toEqual(['context.c'])
    expect(path('context.c', 'toolset.search')).toBeUndefined()
    expect(path('context.none', 'context.c')).toBeUndefined()
  })

  it('is computed once for each version of a registry, and shared (D7)', () => {
    const registry = registryOf(context('a'))
    const before = registry.graph.closure('context.a')
    expect(registry.graph.closure('context.a')).toBe(before)
    registry.register(definePlugin({ name: 'more', version: '1.0.0', contributes: [context('b')] }))
    expect(registry.graph.closure('context.a')).not.toBe(before)
    expect(registry.graph.closure('context.a')).toEqual(before)
  })

  it('throws an error that is none of needs as it is', () => {
    const at = () => {
      throw new TypeError('broken registry')
    }
    expect(() => new Graph({ version: 0, at } as never).closure('context.a')).toThrow(TypeError)
  })
})

describe('the closure of any graph', () => {
  const size = 9
  const keyOf = (i: number) => `context.n${i}`
  /** For each node what it needs; what is not below `size` is not registered. */
  const anyNeeds = fc.array(fc.uniqueArray(fc.nat(size), { maxLength: 3 }), {
    minLength: size,
    maxLength: size,
  })
  /** As usual packages are: a node needs only those before it. */
  const sound = anyNeeds.map((needs) => needs.map((each, i) => each.filter((need) => need < i)))
  const roots = fc.uniqueArray(fc.nat(size - 1), { minLength: 1, maxLength: 4 })
  const excluded = fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 })

  /** A graph over needs alone: what it asks of a registry is `at`, `all` and a version. */
  const entries = Array.from({ length: size }, (_, i) => keyOf(i))
  function graphOf(needs: readonly (readonly number[])[]): Graph {
    const nodes = new Map(
      entries.map((key, i) => [key, { key, needs: needs[i]!.map(keyOf) } as unknown as Registration]),
    )
    return new Graph({
      version: 0,
      at: (key: string) => nodes.get(key),
      all: () => new Map(),
    } as never)
  }

  /** Everything reachable, by the most naive way there is: a set is walked on into what is added to it meanwhile. */
  function naive(
    needs: readonly (readonly number[])[],
    from: readonly number[],
    without: readonly number[],
  ): Set<number> {
    const found = new Set(from.filter((i) => !without.includes(i)))
    for (const i of found) for (const need of needs[i] ?? []) if (!without.includes(need)) found.add(need)
    return found
  }

  /** Whether a node reaches itself within what was found. */
  function circular(
    needs: readonly (readonly number[])[],
    found: Set<number>,
    without: readonly number[],
  ): boolean {
    return [...found].some((i) => naive(needs, needs[i] ?? [], without).has(i))
  }

  it('holds what a naive search reaches, needed first, without the excluded and what only they need (SPEC 29, D8)', () => {
    fc.assert(
      fc.property(sound, roots, excluded, (needs, from, without) => {
        const { keys, problem } = graphOf(needs).close(from.map(keyOf), new Set(without.map(keyOf)))
        expect(problem).toBeUndefined()
        expect(new Set(keys)).toEqual(new Set([...naive(needs, from, without)].map(keyOf)))
        expect(new Set(keys).size).toBe(keys.length)
        for (const [place, key] of keys.entries()) {
          const wanted = needs[Number(key.slice(9))]!.filter((need) => !without.includes(need))
          for (const need of wanted) expect(keys.indexOf(keyOf(need))).toBeLessThan(place)
        }
      }),
      cases,
    )
  })

  it('is refused exactly where something is missing or in a circle, with a path that exists (SPEC 29, D9)', () => {
    fc.assert(
      fc.property(anyNeeds, roots, excluded, (needs, from, without) => {
        const { keys, problem } = graphOf(needs).close(from.map(keyOf), new Set(without.map(keyOf)))
        const found = naive(needs, from, without)
        const missing = [...found].some((i) => i >= size)
        expect(problem !== undefined).toBe(missing || circular(needs, found, without))
        if (problem === undefined) return
        expect(keys).toEqual([])
        const path = (problem.details.path as string[]).map((key) => Number(key.slice(9)))
        expect(from).toContain(path[0])
        for (const [i, node] of path.slice(1).entries()) expect(needs[path[i]!]).toContain(node)
        const last = path.at(-1)!
        const isCircle = path.indexOf(last) < path.length - 1
        expect(last === size).toBe(!isCircle)
        expect(problem.code).toBe(isCircle ? 'RETINUE_NEED_CYCLE' : 'RETINUE_NEED_MISSING')
      }),
      cases,
    )
  })

  it('has a path to each of its keys, as short as any (SPEC 36)', () => {
    fc.assert(
      fc.property(anyNeeds, fc.nat(size - 1), fc.nat(size - 1), (needs, from, to) => {
        const path = graphOf(needs)
          .path(
            keyOf(from),
            keyOf(to),
            needs.map((_, i) => keyOf(i)),
          )
          ?.map((key) => Number(key.slice(9)))
        let steps = 0
        let reached = new Set([from])
        while (!reached.has(to) && steps < size) {
          reached = new Set([...reached].flatMap((i) => needs[i] ?? []))
          steps++
        }
        expect(path?.length).toBe(naive(needs, [from], []).has(to) ? steps + 1 : undefined)
        if (path === undefined) return
        expect([path[0], path.at(-1)]).toEqual([from, to])
        for (const [i, node] of path.slice(1).entries()) expect(needs[path[i]!]).toContain(node)
      }),
      cases,
    )
  })
})
