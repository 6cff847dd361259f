import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  Section,
  Type,
} from '../src/index.ts'

const add = defineTool({
  description: 'Adds.',
  input: Type.Object({ a: Type.Number(), b: Type.Number() }),
  effect: 'pure',
  execute: ({ a, b }) => a + b,
})
const code = (name: string, text = '') =>
  expect.objectContaining({
    name: 'RetinueError',
    code: name,
    message: expect.stringContaining(text) as string,
  })

describe('a tool', () => {
  it('is what its author wrote, frozen, with its defaults (SPEC 54)', () => {
    expect(add).toMatchObject({ description: 'Adds.', effect: 'pure', approval: false })
    expect(defineTool({ description: '', input: Type.Object({}), execute: () => null }).effect).toBe('once')
    const unsaid = { effect: undefined, approval: undefined }
    const tool = { description: '', input: Type.Object({}), execute: () => null, ...unsaid }
    expect(defineTool(tool as never)).toMatchObject({ effect: 'once', approval: false })
    expect(Object.isFrozen(add)).toBe(true)
    expect(JSON.parse(JSON.stringify(add.input))).toEqual({
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'number' }, b: { type: 'number' } },
    })
  })

  const execute = () => null
  it.each([
    ['execute', { description: 'x', input: Type.Object({}) }],
    ['description', { input: Type.Object({}), execute }],
    ['Type.Object', { description: 'x', input: Type.String(), execute }],
    ['Type.Object', { description: 'x', execute }],
    ['effect', { description: 'x', input: Type.Object({}), execute, effect: 'twice' }],
  ])('without a proper %s is refused (SPEC 54)', (what, options) => {
    expect(() => defineTool(options as never)).toThrow(code('RETINUE_DEFINITION_INVALID', what))
  })
})

describe('schemas of another library', () => {
  const tool = { description: 'x', input: Type.Object({}), execute: () => null }
  const text = z.string().default('')
  const foreign =
    "a schema of zod. Give a schema of Type, from @retinue/kernel: Type.String({ default: '' })."

  it.each<[string, string, () => unknown]>([
    [
      'the input of a tool',
      "A tool can't have a schema of zod as input. Give a schema of Type, from @retinue/kernel: Type.Object({ … }).",
      () => defineTool({ ...tool, input: z.object({ text }) as never }),
    ],
    [
      'what the input of a tool holds',
      "A tool can't have an object as input. Give a schema of Type, from @retinue/kernel: Type.Object({ … }).",
      () => defineTool({ ...tool, input: Type.Object({ all: Type.Array(text as never) }) }),
    ],
    [
      'the output of a tool',
      "A tool can't have a schema of zod as output. Give a schema of Type, from @retinue/kernel, or 'content'.",
      () => defineTool({ ...tool, output: z.object({ text }) }),
    ],
    [
      'a field of a config',
      `The field 'a' of the config 'x' is ${foreign}`,
      () => Config('x', { a: text as never }),
    ],
    [
      'a field of a context',
      `The field 'a' of the context 'x' is ${foreign}`,
      () => Context('x', { a: text as never }),
    ],
    [
      'a field of a section',
      `The field 'a' of the section 'x' is ${foreign}`,
      () => Section('x', { a: text as never }),
    ],
  ])('are refused as %s (SPEC 54)', (_where, message, define) => {
    expect(define).toThrow(code('RETINUE_DEFINITION_INVALID', message))
  })

  it('are told from plain JSON Schema, which is as good (SPEC 54)', () => {
    const plain = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] }
    expect(defineTool({ ...tool, input: plain as never, output: plain })).toMatchObject({ input: plain })
  })

  it('are taken as the JSON Schema that their library makes of them (SPEC 19, 54)', () => {
    const made = z.toJSONSchema(z.object({ text: z.string().min(1) }))
    expect(defineTool({ ...tool, input: made as never, output: made }).input).toEqual(made)
    const list = Type.Array(Type.Unsafe<{ text: string }>(made), { default: [] })
    class Notes extends Context('notes', { list }) {}
    const registry = createRegistry()
    registry.register(definePlugin({ name: 'notes', version: '1.0.0', contributes: [Notes] }))
    const { context } = new ChatUser({ id: 'ada', registry })
    context.$get(Notes).list = [{ text: 'x' }]
    expect(() => (context.$get(Notes).list = [{ text: '' }])).toThrow('fewer than 1 characters')
  })
})

describe('a toolset', () => {
  it('is named and frozen, and owns its lists (SPEC 8)', () => {
    const needs = ['context.notes' as const]
    const maths = defineToolset('maths', { needs, tools: { add } })
    needs.pop()
    expect(maths).toMatchObject({ kind: 'toolset', type: 'maths', needs: ['context.notes'], tools: { add } })
    expect(Object.isFrozen(maths.tools)).toBe(true)
    expect(defineToolset('bare', { tools: {} }).needs).toEqual([])
  })

  it.each(['Maths', 'maths_toolset', '', 'then'])(
    'of an unusable name is refused: %o (SPEC 13, D2)',
    (name) => {
      expect(() => defineToolset(name, { tools: { add } })).toThrow(code('RETINUE_NAME_INVALID'))
    },
  )

  it('refuses a tool whose name no model could be shown (SPEC 54, 13)', () => {
    expect(() => defineToolset('maths', { tools: { 'add numbers': add } })).toThrow(
      code('RETINUE_NAME_INVALID', "The tool 'add numbers' of 'maths'"),
    )
  })

  it('publishes its tools under its name, and under its name alone the tool that bears it (SPEC 54)', () => {
    const registry = createRegistry()
    const maths = defineToolset('maths', { tools: { maths: add, add } })
    registry.register(definePlugin({ name: 'maths', version: '1.0.0', contributes: [maths] }))
    const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }) })
    session.tools.push(maths)
    expect(session.tools.published().map(({ name, tool }) => [name, tool])).toEqual([
      ['maths', add],
      ['maths_add', add],
    ])
  })

  it('is a definition, and creating it gives the definition itself (SPEC 2)', () => {
    const registry = createRegistry()
    const maths = defineToolset('maths', { tools: { add } })
    registry.register(definePlugin({ name: 'maths', version: '1.0.0', contributes: [maths] }))
    expect(registry.toolsets.create('maths')).toBe(maths)
    expect(registry.toolsets.get(maths)?.definition).toBe(maths)
  })
})

describe('a plugin', () => {
  it('tells the file that defined it, as far as the runtime tells (SPEC 6)', () => {
    expect(definePlugin({ name: 'x', version: '1.0.0', contributes: [] }).file).toContain('tool.test.ts')
    expect(definePlugin({ name: 'x', version: '1.0.0', contributes: [], file: '/here.ts' }).file).toBe(
      '/here.ts',
    )
  })

  it('has no file in a runtime whose errors tell none (SPEC 6)', () => {
    const { stackTraceLimit } = Error
    try {
      Error.stackTraceLimit = 1
      expect(definePlugin({ name: 'x', version: '1.0.0', contributes: [] }).file).toBeUndefined()
      Error.stackTraceLimit = undefined as never
      expect(definePlugin({ name: 'x', version: '1.0.0', contributes: [] }).file).toBeUndefined()
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  })

  it('is immutable: what it contributes is fixed when it is defined (D16)', () => {
    class Notes extends Context('notes', {}) {}
    const contributes = [Notes]
    const plugin = definePlugin({ name: 'x', version: '1.0.0', contributes, replaces: ['notes'] })
    contributes.pop()
    expect(plugin).toMatchObject({ contributes: [Notes], replaces: ['notes'] })
    expect([plugin, plugin.contributes, plugin.replaces].every(Object.isFrozen)).toBe(true)
  })

  it.each([
    undefined,
    { version: '1.0.0', contributes: [] },
    { name: 'x', contributes: [] },
    { name: 'x', version: '1.0.0' },
  ])('without name, version and contributions is refused: %o', (options) => {
    expect(() => definePlugin(options as never)).toThrow(code('RETINUE_DEFINITION_INVALID'))
  })
})
