import { describe, expect, it } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  checkOptions,
  Config,
  Context,
  createRegistry,
  defineKind,
  definePlugin,
  defineTool,
  defineToolset,
  option,
  RetinueError,
  Secret,
  Section,
  Type,
} from '../src/index.ts'

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(RetinueError)
    return (error as Error).message
  }
  return 'nothing was thrown'
}

describe('options', () => {
  const known = { ttlMs: option.number(0), size: option.whole(1), name: option.name, evict: option.function }
  const check = (options: unknown): void => checkOptions('A cache', options as object, known)

  it.each<[unknown, string]>([
    [{ ttlMS: 5 }, "A cache has no option 'ttlMS'. Did you mean 'ttlMs'?"],
    [{ colour: 'red' }, "A cache has no option 'colour'. It has ttlMs, size, name, evict."],
    [{ constructor: 1 }, "A cache has no option 'constructor'."],
    [Object.create({ ttlMs: -1 }), "A cache can't have -1 as ttlMs. Give a number from 0 on."],
    [{ ttlMs: Number.NaN }, "A cache can't have NaN as ttlMs. Give a number from 0 on."],
    [{ size: 1.5 }, "A cache can't have 1.5 as size. Give a whole number from 1 on."],
    [{ name: '' }, "A cache can't have '' as name. Give a text that is not empty."],
    [{ evict: {} }, "A cache can't have an object as evict. Give a function."],
    [{ evict: null }, "A cache can't have null as evict."],
    [{ evict: [] }, "A cache can't have an array as evict."],
    [{ size: new Map() }, "A cache can't have an instance of Map as size."],
    [null, 'A cache takes options, not null. Give an object.'],
    ['large', "A cache takes options, not 'large'."],
    [[], 'A cache takes options, not an array.'],
  ])('that are not known, or say what they can not, are refused with what to do: %o', (options, text) => {
    expect(messageOf(() => check(options))).toContain(`[RETINUE_OPTION_INVALID] ${text}`)
  })

  it.each([
    { ttlMs: undefined },
    new (class {
      ttlMs = Infinity
      hits = 0
    })(),
  ])('may be there as undefined, and be those of an instance, which has more: %o', (options) => {
    expect(() => check(options)).not.toThrow()
  })

  it('may be needed', () => {
    const need = (options: object): void =>
      checkOptions('A cache', options, known, undefined, 'name' as never)
    expect(messageOf(() => need({}))).toContain('A cache has no name. Give a text that is not empty.')
    need({ name: 'a' })
  })
})

describe('what a program without types gives', () => {
  const wrong = (value: unknown): never => value as never
  const endless: Record<string, unknown> = { type: 'object' }
  endless['properties'] = { again: endless }
  const user = new ChatUser({ id: 'ada' })
  const tool = { description: 'Adds.', input: Type.Object({}), execute: () => null }
  const session = new ChatSession({ user })
  const saved = session.snapshot()
  const gone = undefined as never

  it.each<[string, () => unknown]>([
    // Definitions.
    ["The context 'notes' has no fields.", () => Context('notes', gone)],
    ["The config 'notes' has no fields.", () => Config('notes', wrong(['title']))],
    ["The field 'a' of the context 'notes' is undefined. Give a schema", () => Context('notes', { a: gone })],
    [
      "The context 'notes' has no option 'verson'. Did you mean 'version'?",
      () => Context('notes', {}, wrong({ verson: 2 })),
    ],
    ["The context 'notes' has no option 'template'.", () => Context('notes', {}, wrong({ template: 'Hi' }))],
    ["The section 'notes' can't have 5 as template.", () => Section('notes', {}, { template: wrong(5) })],
    [
      "The section 'notes' can't have a function as needs. Give a list.",
      () => Section('notes', {}, { needs: wrong(Config('a', {})) }),
    ],
    ['A kind takes options, not undefined.', () => defineKind(gone)],
    ['A kind has no name.', () => defineKind(wrong({}))],
    ["A kind can't have an array as name.", () => defineKind({ name: wrong(['door']), bag: 'doors' })],
    ["A kind can't have an array as bag.", () => defineKind({ name: 'door', bag: wrong(['doors']) })],
    [
      "A kind has no option 'owner'. Did you mean 'owners'?",
      () => defineKind(wrong({ name: 'door', bag: 'doors', owner: [] })),
    ],
    ['A tool takes options, not undefined.', () => defineTool(gone)],
    [
      'A tool has no input. Give a schema of Type, from @retinue/kernel: Type.Object({ … }).',
      () => defineTool(wrong({ ...tool, input: gone })),
    ],
    [
      "A tool has no option 'excute'. Did you mean 'execute'?",
      () => defineTool(wrong({ excute: tool.execute })),
    ],
    ["A tool can't have NaN as timeoutMs.", () => defineTool({ ...tool, timeoutMs: Number.NaN })],
    ["A tool can't have an object as input.", () => defineTool({ ...tool, input: wrong(endless) })],
    ["A tool can't have 'ask' as approval.", () => defineTool({ ...tool, approval: wrong('ask') })],
    ["The toolset 'maths' takes options, not undefined.", () => defineToolset('maths', gone)],
    ["The toolset 'maths' has no tools.", () => defineToolset('maths', wrong({}))],
    [
      "The toolset 'maths' can't have an object as tools.",
      () => defineToolset('maths', { tools: { add: gone } }),
    ],
    [
      "The toolset 'maths' has no option 'need'. Did you mean 'needs'?",
      () => defineToolset('maths', wrong({ need: [], tools: {} })),
    ],
    ['A plugin takes options, not undefined.', () => definePlugin(gone)],
    [
      "A plugin can't have an object as contributes.",
      () => definePlugin(wrong({ name: 'a', version: '1', contributes: {} })),
    ],
    [
      "A registry has no option 'parnt'. Did you mean 'parent'?",
      () => createRegistry(wrong({ parnt: user.registry })),
    ],
    ["A registry can't have an object as parent.", () => createRegistry({ parent: wrong({}) })],
    [
      "A tool can't have 'thoughts' as thought. Give a field of its input.",
      () => defineTool(wrong({ ...tool, thought: 'thoughts' })),
    ],
    [
      "A kind can't have an array as owners.",
      () => defineKind(wrong({ name: 'door', bag: 'doors', owners: ['sessions'] })),
    ],
    ["A secret has no option 'sendTo'. Did you mean 'sentTo'?", () => Secret(wrong({ sendTo: ['url'] }))],
    ["A secret can't have 'url' as sentTo. Give a list.", () => Secret({ sentTo: wrong('url') })],
    ['Secret.value() has no text.', () => Secret.value(gone)],
    ['Secret.env() has no text.', () => Secret.env(gone)],
    ['Secret.value() has no text. Give a text.', () => Secret.value(wrong(12_345))],
    [
      "A tool can't have 'why' as thought.",
      () => defineTool(wrong({ ...tool, input: { type: 'object' }, thought: 'why' })),
    ],
    ["replace() can't have an object as tools. Give a list.", () => session.tools.replace(wrong({ add: 1 }))],
    // Owners.
    [
      "A user has no option 'confg'. Did you mean 'config'?",
      () => new ChatUser(wrong({ id: 'ada', confg: {} })),
    ],
    ["A user can't have an object as registry.", () => new ChatUser({ id: 'ada', registry: wrong({}) })],
    [
      "An agent has no option 'tool'. Did you mean 'tools'?",
      () => new AgentConfig(wrong({ name: 'x', tool: [] })),
    ],
    ["An agent can't have 10 as model.", () => new AgentConfig({ name: 'x', model: wrong(10n) })],
    [
      "An agent can't have 'yes' as strict. Give true or false.",
      () => new AgentConfig({ name: 'x', strict: wrong('yes') }),
    ],
    [
      "A session has no option 'agnt'. Did you mean 'agent'?",
      () => new ChatSession(wrong({ user, agnt: 1 })),
    ],
    ["A session can't have 5 as parent.", () => new ChatSession({ user, parent: wrong(5) })],
    ["A session can't have an object as manager.", () => new ChatSession({ user, manager: wrong({}) })],
    [
      "An interaction has no option 'inptu'. Did you mean 'input'?",
      () => session.interact(wrong({ inptu: 'Hi' })),
    ],
    ["An interaction can't have an object as signal.", () => session.interact({ signal: wrong({}) })],
    [
      "prompt() has no option 'maxToken'. Did you mean 'maxTokens'?",
      () => session.prompt(wrong({ maxToken: 5 })),
    ],
    ["prompt() can't have 'now' as now. Give a valid Date.", () => session.prompt({ now: wrong('now') })],
    ["prompt() can't have an instance of Date as now.", () => session.prompt({ now: new Date('never') })],
    [
      "An agent can't have an object as tools. Give a list.",
      () => new AgentConfig({ name: 'x', tools: wrong({ think: true }) }),
    ],
    [
      "An agent can't have 'think' as tools. Give a list.",
      () => new AgentConfig({ name: 'x', tools: wrong('think') }),
    ],
    [
      "fork() has no option 'nam'. Did you mean 'name'?",
      () => new AgentConfig({ name: 'x' }).fork(wrong({ nam: 'y' })),
    ],
    [
      "list() can't have 'ada' as owner. Give a user or an agent.",
      () => user.registry.manager!.list(wrong('ada')),
    ],
    ['add() has no session. Give one: new ChatSession({ user }).', () => user.registry.manager!.add(gone)],
    ["add() can't have an instance of ChatUser as session.", () => user.registry.manager!.add(wrong(user))],
    ['replay() has no patches. Give a list of them.', () => session.replay(gone)],
    ["replay() can't have an array as patches.", () => session.replay(wrong(['tools']))],
    ["No plugin has registered the kind 'undefined'.", () => user.registry.of(gone)],
    // Loading.
    [
      "restore() has no option 'secret'. Did you mean 'secrets'?",
      () => ChatUser.restore(user.snapshot(), wrong({ secret: [] })),
    ],
    [
      "restore() has no option 'maxByte'. Did you mean 'maxBytes'?",
      () => ChatUser.restore(user.snapshot(), { limits: wrong({ maxByte: 5 }) }),
    ],
    [
      "restore() can't have NaN as maxDepth.",
      () => ChatUser.restore(user.snapshot(), { limits: { maxDepth: Number.NaN } }),
    ],
    ['restore() has no user. Give one: new ChatUser({ id }).', () => ChatSession.restore(saved, wrong({}))],
    ['A saved session has no id.', () => ChatSession.restore({ ...saved, id: undefined }, { user })],
  ])('is refused in clear words, with nothing done: %s', (text, run) => {
    const { manager } = user.registry
    const before = manager!.list().length
    expect(messageOf(run)).toContain(text)
    expect(manager!.list().length).toBe(before)
  })
})
