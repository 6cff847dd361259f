import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { describe, expect, test } from 'vitest'
import { finishPart, scriptedModel, type ScriptedModel, type ScriptedStep } from '../src/index.ts'

const asking = (text: string): LanguageModelV4CallOptions => ({
  prompt: [{ role: 'user', content: [{ type: 'text', text }] }],
})

/** Reads the answer to one request to its end. */
async function read(model: Pick<ScriptedModel, 'doStream'>, text = 'Hi'): Promise<Record<string, unknown>[]> {
  const { stream } = await model.doStream(asking(text))
  return Array.fromAsync(stream as unknown as AsyncIterable<Record<string, unknown>>)
}

const typesOf = (parts: readonly Record<string, unknown>[]): unknown[] => parts.map(({ type }) => type)

describe('a scripted model', () => {
  test('says a text a word at a time, and ends it as a provider does', async () => {
    const parts = await read(scriptedModel(['Hello Ada.']))
    expect(parts).toEqual([
      { type: 'stream-start', warnings: [] },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'Hello ' },
      { type: 'text-delta', id: '0', delta: 'Ada.' },
      { type: 'text-end', id: '0' },
      finishPart(),
    ])
  })

  test('thinks, speaks and calls tools in one answer, each call with an id of its own', async () => {
    const step = {
      reasoning: 'hm',
      text: 'Look:',
      calls: [
        { tool: 'see' },
        { tool: 'see', input: { at: 1 } },
        { tool: 'say', input: '{"broken', id: 'x' },
      ],
      usage: [7, 3],
    } as const
    const parts = await read(scriptedModel([step]))
    expect(typesOf(parts).filter((type) => !String(type).startsWith('tool-input'))).toEqual([
      'stream-start',
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-end',
      'tool-call',
      'tool-call',
      'tool-call',
      'finish',
    ])
    expect(parts.filter(({ type }) => type === 'tool-call')).toEqual([
      { type: 'tool-call', toolCallId: 'call-1-1', toolName: 'see', input: '{}' },
      { type: 'tool-call', toolCallId: 'call-1-2', toolName: 'see', input: '{"at":1}' },
      { type: 'tool-call', toolCallId: 'x', toolName: 'say', input: '{"broken' },
    ])
    expect(parts.at(-1)).toMatchObject({
      finishReason: { unified: 'tool-calls' },
      usage: { inputTokens: { total: 7 }, outputTokens: { total: 3 } },
    })
  })

  test('breaks off, silently or with an error', async () => {
    expect(typesOf(await read(scriptedModel([{ text: 'Half', cut: true }]))).at(-1)).toBe('text-end')
    const gone = new Error('gone')
    await expect(read(scriptedModel([{ text: 'Half', cut: gone }]))).rejects.toBe(gone)
    await expect(read(scriptedModel([gone]))).rejects.toBe(gone)
  })

  test.each<unknown>([
    { txt: 'Hello.' },
    5,
    null,
    new URL('https://example.com'),
    { calls: 'add' },
    { calls: [null] },
    { calls: [{ toolName: 'add' }] },
    { calls: [{ tool: 'add', args: {} }] },
    { text: 'x', usage: { inputTokens: 1, outputTokens: 1 } },
  ])('refuses a step that can not be played: %j', async (step) => {
    const refused = expect.objectContaining({ code: 'RETINUE_SCRIPT_STEP' }) as Error
    for (const each of [step, () => step])
      await expect(read(scriptedModel([each as ScriptedStep]))).rejects.toThrow(refused)
  })

  test('refuses a step that stands in no list, of which each letter would be one', () => {
    expect(() => scriptedModel('Hello.' as never)).toThrow(
      '[RETINUE_SCRIPT_STEP] A script is a list of steps.',
    )
  })

  test('does what a function of the request gives, however late and however deep', async () => {
    const echo: ScriptedStep = ({ prompt }) =>
      Promise.resolve(() => ({ text: JSON.stringify(prompt.at(-1)) }))
    const parts = await read(scriptedModel([echo]), 'ping')
    expect(parts.map(({ delta }) => (typeof delta === 'string' ? delta : '')).join('')).toContain(
      '"text":"ping"',
    )
  })

  test('gives raw parts out as they are read, and lets go of them where the reader leaves', async () => {
    const given: number[] = []
    let left = false
    async function* parts(): AsyncGenerator<object> {
      try {
        for (const n of [1, 2, 3]) {
          given.push(n)
          yield { type: 'raw', rawValue: n }
        }
      } finally {
        left = true
      }
    }
    const { stream } = await scriptedModel([parts()]).doStream(asking('Hi'))
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    expect(given.length).toBeLessThan(3)
    expect(left).toBe(true)
    expect(await read(scriptedModel([[{ type: 'raw', rawValue: 1 }]]))).toEqual([
      { type: 'raw', rawValue: 1 },
    ])
  })

  test('keeps requests as they were, and nothing of the script that it was given', async () => {
    const script = ['one', 'two']
    const model = scriptedModel(script)
    script.length = 0
    const options = asking('first')
    const { signal } = new AbortController()
    await model.doStream({ ...options, abortSignal: signal })
    ;(options.prompt[0] as { content: unknown }).content = 'changed'
    await read(model, 'second')
    expect(model.requests).toEqual([{ ...asking('first'), abortSignal: signal }, asking('second')])
    expect(model.requests[0]!.abortSignal).toBe(signal)
  })

  test.each(['v2', 'v3', 'v4'] as const)('speaks version %s of the provider interface', async (version) => {
    const model = scriptedModel(['ok'], { version })
    expect(model.specificationVersion).toBe(version)
    const parts = await read(model as never)
    expect(parts.at(-1)).toEqual(finishPart('stop', { version }))
  })

  test('answers in one piece whoever does not stream', async () => {
    const model = scriptedModel([
      { reasoning: 'hm', text: 'One two', calls: [{ tool: 'see' }] },
      { text: 'Half', cut: true },
      [{ type: 'error', error: new Error('refused') }],
    ])
    expect(await model.doGenerate(asking('Hi'))).toMatchObject({
      content: [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'One two' },
        { type: 'tool-call', toolName: 'see' },
      ],
      finishReason: { unified: 'tool-calls' },
      warnings: [],
    })
    await expect(model.doGenerate(asking('Hi'))).rejects.toThrow('has no end')
    await expect(model.doGenerate(asking('Hi'))).rejects.toThrow('refused')
  })
})

describe('a script', () => {
  test('refuses a call that it has no step for, and tells what was asked', async () => {
    const model = scriptedModel(['one'])
    await read(model)
    await expect(read(model, 'And then?')).rejects.toThrow(
      /^\[RETINUE_SCRIPT_ENDED\] The script has 1 step, and the model was called 2 times\. .*And then\?/,
    )
    expect(() => model.done()).toThrow('RETINUE_SCRIPT_ENDED') // also where somebody swallowed it
  })

  test('tells which steps nobody asked for', async () => {
    const model = scriptedModel(['one', { text: 'two' }])
    await read(model)
    expect(model.unused).toBe(1)
    expect(() => model.done()).toThrow(
      '[RETINUE_SCRIPT_UNUSED] The script has 2 steps, and the model was called once. Take out what is not asked for, or find out why nobody asked. The next step is: {"text":"two"}',
    )
    await read(model)
    expect(() => model.done()).not.toThrow()
    const missing = scriptedModel([undefined as never])
    expect(() => missing.done()).toThrow('The next step is: none')
  })

  test('is checked at the end of its block', () => {
    expect(() => {
      using model = scriptedModel(['never'])
      void model
    }).toThrow('RETINUE_SCRIPT_UNUSED')
  })
})
