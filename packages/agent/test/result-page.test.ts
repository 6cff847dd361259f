import { ChatSession, defineTool, type Tool, Type } from '@retinue/kernel'
import { type ScriptedRequest, scriptedModel } from '@retinue/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { run } from '../src/index.ts'
import { readResultTool, shownResult } from '../src/result-page.ts'
import { aSession, historyOf } from './a-session.ts'

function giving(value: unknown, output?: Tool['output']): Tool {
  const options = { description: 'Gives.', input: Type.Object({}), execute: () => value }
  return defineTool(output === undefined ? options : { ...options, output })
}

/** What the model sees of the last result, and the tools that it is offered. */
function seen({ prompt, tools }: ScriptedRequest): { output: unknown; tools: string[] } {
  const parts = prompt.filter(({ role }) => role === 'tool').flatMap(({ content }) => content as unknown[])
  return {
    output: (parts.at(-1) as { output: unknown }).output,
    tools: (tools ?? []).map(({ name }) => name),
  }
}

const long = Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join('')
const call = { calls: [{ tool: 'kit_get', id: 'c' }] }
const readOn = (offset: number) => ({ calls: [{ tool: 'read_result', input: { toolCallId: 'c', offset } }] })

describe('a result that is too long', () => {
  test('is kept whole, shown from its beginning, and read on from (SPEC 57)', async () => {
    const session = aSession({ get: giving(long) })
    const model = scriptedModel([call, readOn(800), 'ok'])
    await run(session, 'Go', { model, maxResultChars: 1000 }).result
    expect(historyOf(session)[2]).toBe(`tool: = ${long}`)
    const first = seen(model.requests[1]!)
    const { value } = first.output as { value: string }
    const end = Number(/^\[Characters 0 to (\d+) of/m.exec(value)![1])
    expect(value).toBe(
      `${long.slice(0, end)}\n[Characters 0 to ${end} of ${long.length}. read_result({"toolCallId":"c","offset":${end}}) reads on.]`,
    )
    expect(first.tools).toEqual(['kit_get', 'read_result'])
    expect(historyOf(session)[4]).toContain(`= ${long.slice(800, 1600)}`)
  })

  test('is read on from under the id that the history knows, whatever the server takes (SPEC 57)', async () => {
    const session = aSession({ get: giving(long) })
    const id = 'functions.get:0'
    const input = { toolCallId: id, offset: 4000 }
    const script = [{ calls: [{ tool: 'kit_get', id }] }, { calls: [{ tool: 'read_result', input }] }, 'ok']
    const model = Object.assign(scriptedModel(script), { provider: 'anthropic.messages' })
    await run(session, 'Go', { model, maxResultChars: 1000 }).result
    expect((seen(model.requests[1]!).output as { value: string }).value).toContain(`{"toolCallId":"${id}",`)
    expect(historyOf(session)[4]).toContain(long.slice(4000))
  })

  test('is read on from after a restart (SPEC 49)', async () => {
    const before = aSession({ get: giving(long) })
    await run(before, 'Go', { model: scriptedModel([call, 'ok']), maxResultChars: 1000 }).result
    const { user, agent } = before
    const { session } = ChatSession.restore(JSON.stringify(before), { user, agent })
    const model = scriptedModel([readOn(4000), 'ok'])
    await run(session, 'And the end?', { model, maxResultChars: 1000 }).result
    expect(seen(model.requests[0]!).tools).toContain('read_result')
    expect(historyOf(session).at(-2)).toContain(long.slice(4000))
    expect(historyOf(session).at(-2)).toContain('This is the end.')
  })

  test('and tells of a failure is an error also where it is cut (SPEC 57)', async () => {
    const execute = () => {
      throw new Error(long)
    }
    const get = defineTool({ description: 'Fails.', input: Type.Object({}), execute })
    const model = scriptedModel([call, 'ok'])
    await run(aSession({ get }), 'Go', { model, maxResultChars: 1000 }).result
    expect(seen(model.requests[1]!).output).toMatchObject({
      type: 'error-text',
      value: expect.stringContaining('reads on.') as string,
    })
  })

  test('of JSON or parts is cut as text; files stay (SPEC 57)', async () => {
    const lines = { lines: long.split('\n') }
    const json = scriptedModel([call, 'ok'])
    await run(aSession({ get: giving(lines) }), 'Go', { model: json, maxResultChars: 1000 }).result
    const { output } = seen(json.requests[1]!) as { output: { type: string; value: string } }
    expect(output.type).toBe('text')
    expect(output.value.startsWith(JSON.stringify(lines).slice(0, 700))).toBe(true)

    const file = { type: 'file', mediaType: 'image/png', data: 'aGk=' }
    const parts = scriptedModel([call, 'ok'])
    const get = giving([{ type: 'text', text: long }, file], 'content')
    await run(aSession({ get }), 'Go', { model: parts, maxResultChars: 1000 }).result
    expect(seen(parts.requests[1]!).output).toMatchObject({
      type: 'content',
      value: [{ type: 'text' }, { ...file, data: { type: 'data', data: 'aGk=' } }],
    })
  })

  test('leaves the tools alone where nothing is cut, and a tool of the same name where it is (SPEC 54)', async () => {
    const model = scriptedModel([call, { calls: [{ tool: 'read_result' }] }, 'ok'])
    const session = aSession({ get: giving('short') })
    await run(session, 'Go', { model }).result
    expect(seen(model.requests[1]!).tools).toEqual(['kit_get'])
    expect(historyOf(session)[4]).toContain('✗ The input does not fit')

    const own = aSession({ get: giving(long) }, { read: { result: giving('mine') } })
    own.agent!.tools.push('read')
    const other = scriptedModel([call, { calls: [{ tool: 'read_result' }] }, 'ok'])
    await run(own, 'Go', { model: other, maxResultChars: 1000 }).result
    expect(seen(other.requests[1]!).tools).toEqual(['kit_get', 'read_result'])
    expect(historyOf(own)[4]).toBe('tool: = mine')
  })

  test.each([
    [{ toolCallId: 'x' }, "✗ The tool failed: there is no result of a call 'x'"],
    [{ toolCallId: 'c', offset: 99_999 }, `✗ The tool failed: the result ends at character ${long.length}`],
  ])('is not read on from where there is nothing: %j (SPEC 57)', async (input, told) => {
    const session = aSession({ get: giving(long) })
    const model = scriptedModel([call, { calls: [{ tool: 'read_result', input }] }, 'ok'])
    await run(session, 'Go', { model, maxResultChars: 1000 }).result
    expect(historyOf(session)[4]).toContain(told)
  })

  test('is read whole by reading on, whatever it is (SPEC 57)', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\n', '['), minLength: 1, maxLength: 20 })
    const text = fc.tuple(piece, fc.integer({ min: 90, max: 300 })).map(([some, times]) => some.repeat(times))
    fc.assert(
      fc.property(text, fc.integer({ min: 1000, max: 2000 }), (whole, maxChars) => {
        const part = {
          type: 'tool-result',
          toolCallId: 'c',
          toolName: 't',
          output: { type: 'text', value: whole },
        } as const
        const tool = readResultTool((id) => (id === 'c' ? part.output : undefined), maxChars)
        let page = shownResult(part, maxChars).output.value as string
        let read = ''
        for (;;) {
          expect(page.length).toBeLessThanOrEqual(maxChars)
          const note = /\n\[Characters \d+ to (\d+) of \d+\.[^\n]*\]$/.exec(page)
          if (note === null) break
          read += page.slice(0, note.index)
          const offset = Number(note[1])
          if (offset === whole.length) break
          page = tool.execute({ toolCallId: 'c', offset } as never, undefined as never) as string
        }
        expect(read).toBe(whole.length > maxChars ? whole : '')
      }),
      { numRuns: 30 },
    )
  })
})

describe('a result of parts', () => {
  const parts = [
    { type: 'text', text: 'A dot:' },
    { type: 'file', mediaType: 'image/png', data: 'aGk=', filename: 'dot.png' },
    { type: 'file', mediaType: 'image/png', data: 'https://example.org/dot.png' },
    { type: 'file', mediaType: 'application/pdf', data: 'aGk=', filename: 'dot.pdf' },
  ]

  test.each([
    [
      'v4',
      { type: 'file', mediaType: 'image/png', filename: 'dot.png', data: { type: 'data', data: 'aGk=' } },
      { type: 'file', data: { type: 'url', url: new URL('https://example.org/dot.png') } },
      {
        type: 'file',
        mediaType: 'application/pdf',
        filename: 'dot.pdf',
        data: { type: 'data', data: 'aGk=' },
      },
    ],
    [
      'v3',
      { type: 'image-data', mediaType: 'image/png', data: 'aGk=' },
      { type: 'image-url', url: 'https://example.org/dot.png' },
      { type: 'file-data', mediaType: 'application/pdf', filename: 'dot.pdf', data: 'aGk=' },
    ],
    [
      'v2',
      { type: 'media', mediaType: 'image/png', data: 'aGk=' },
      { type: 'text', text: 'https://example.org/dot.png' },
      { type: 'media', mediaType: 'application/pdf', data: 'aGk=' },
    ],
  ] as const)('is sent in the form of version %s of the interface (SPEC 53)', async (version, ...files) => {
    const model = scriptedModel([call, 'ok'], { version })
    const session = aSession({ get: giving(parts, 'content') })
    await run(session, 'Go', { model }).result
    expect(session.messages.at(2)).toMatchObject({ parts: [{ output: { type: 'content', value: parts } }] })
    expect(seen(model.requests[1]!).output).toMatchObject({ type: 'content', value: [parts[0], ...files] })
  })

  test('may be a plain text, and has to be one of parts otherwise (SPEC 54)', async () => {
    for (const [value, told] of [
      ['text', '= text'],
      [[], '✗ What the tool returned is no list of text and file parts'],
      [[{ type: 'video' }], '✗ What the tool returned is no list of text and file parts'],
      [undefined, '✗ What the tool returned is no list of text and file parts'],
    ] as const) {
      const session = aSession({ get: giving(value, 'content') })
      await run(session, 'Go', { model: scriptedModel([call, 'ok']) }).result
      expect(historyOf(session)[2]).toContain(told)
    }
  })
})
