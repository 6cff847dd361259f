import { compileSchema, defineTool, Type } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { resume, run } from '../src/index.ts'
import { schemaForm } from '../src/schema-form.ts'
import { aSession } from './a-session.ts'

const Task = Type.Object({ title: Type.String(), tasks: Type.Array(Type.Ref('Task')) })
const Tree = Type.Cyclic({ Task }, 'Task')

describe('the form of a schema', () => {
  test('has plain names of fields for Claude, which refuses all tools for another; the tool has its own (SPEC 54)', async () => {
    const given: unknown[] = []
    const long = 'x'.repeat(70)
    const find = defineTool({
      description: 'Finds.',
      input: Type.Object({
        'filter[id]': Type.String(),
        'filter(id)': Type.Optional(Type.String()),
        filter_id_: Type.Optional(Type.String()),
        größe: Type.Optional(Type.Integer()),
        [long]: Type.Optional(Type.Boolean()),
      }),
      approval: true,
      execute: (input) => void given.push(input),
    })
    const plain = {
      'filter_id_-2': 'a',
      'filter_id_-3': 'b',
      filter_id_: 'c',
      gr__e: 1,
      [long.slice(0, 60)]: true,
    }
    const calling = () => ({ calls: [{ tool: 'kit_find', id: 'c', input: plain }] })
    const model = Object.assign(scriptedModel([calling(), 'Done.', calling(), 'Done.']), {
      provider: 'anthropic.messages',
      modelId: 'claude-sonnet-4-5',
    })
    const session = aSession({ find })
    const [question] = (await run(session, 'Find', { model }).result).approvals
    const own = { 'filter[id]': 'a', 'filter(id)': 'b', filter_id_: 'c', größe: 1, [long]: true }
    expect(question).toMatchObject({ input: own })
    await resume(session, { c: true }, { model }).result
    await run(session, 'Again', { model, approve: () => true }).result
    expect(given).toEqual([own, own])
    const [tool] = model.requests[0]!.tools as {
      readonly inputSchema: { properties: object; required: string[] }
    }[]
    expect(Object.keys(tool!.inputSchema.properties)).toEqual(Object.keys(plain))
    expect(tool!.inputSchema.required).toEqual(['filter_id_-2'])
    expect(session.messages.items[1]!.parts).toMatchObject([{ input: plain }])
    const other = scriptedModel(['Done.'])
    await run(session, 'And you', { model: other }).result
    expect(other.requests[0]!.tools![0]).toMatchObject({ inputSchema: { required: ['filter[id]'] } })
  })

  test('names what holds itself by where it stands, at the root: servers look nowhere else (SPEC 54)', async () => {
    const add = defineTool({
      description: 'Adds.',
      input: Type.Object({ tree: Tree }),
      execute: ({ tree }) => tree.title,
    })
    const whole = { tree: { title: 'a', tasks: [{ title: 'b', tasks: [] }] } }
    const model = scriptedModel([
      { calls: [{ tool: 'kit_add', input: { tree: { title: 'a', tasks: [{}] } } }] },
      { calls: [{ tool: 'kit_add', input: whole }] },
      'Done.',
    ])
    const session = aSession({ add })
    await run(session, 'Add', { model, output: Type.Object({ tree: Tree }), maxSteps: 2 }).result
    const [tool] = model.requests[0]!.tools as { readonly inputSchema: object }[]
    expect(tool!.inputSchema).toEqual(schemaForm(Type.Object({ tree: Tree })))
    expect(tool!.inputSchema).toMatchObject({
      properties: { tree: { $ref: '#/$defs/Task' } },
      $defs: { Task: { properties: { tasks: { items: { $ref: '#/$defs/Task' } } } } },
    })
    expect(JSON.stringify(tool!.inputSchema)).not.toContain('$id')
    const results = [...session.messages].flatMap(({ role, parts }) => (role === 'tool' ? parts : []))
    expect(results.map((part) => part.type === 'tool-result' && part.output.type)).toEqual([
      'error-text',
      'text',
    ])
  })

  test('means what the schema means (SPEC 54)', () => {
    const form = compileSchema(Type.Unsafe(schemaForm(Tree)))
    expect(
      [
        { title: 'a', tasks: [{ title: 'b', tasks: [] }] },
        { title: 'a', tasks: [{}] },
      ].map(form.check),
    ).toEqual([true, false])
  })

  test('keeps what is named by where it stands already, and fields that are called as keywords are (SPEC 54)', () => {
    const text = { type: 'string' }
    const schema = {
      type: 'object',
      properties: {
        $id: text,
        $ref: text,
        a: { $ref: '#/definitions/A' },
        b: { const: 'b' },
        c: { const: 1 },
      },
      definitions: { A: text },
    }
    expect(schemaForm(schema)).toEqual({
      ...schema,
      properties: { ...schema.properties, b: { enum: ['b'] } },
    })
    const others = {
      type: 'object',
      properties: {
        $defs: { type: 'object', default: { $ref: 'A', $id: 'B', const: 'c' } },
        a: { $ref: 'https://a.example/schema', examples: [{ const: 'c' }] },
      },
    }
    expect(schemaForm(others)).toEqual(others)
  })
})
