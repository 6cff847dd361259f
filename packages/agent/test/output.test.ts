import { defineTool, Type } from '@retinue/kernel'
import { blockParts, finishPart, scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { run, type RunEvent } from '../src/index.ts'
import { aSession, eventsOf, historyOf } from './a-session.ts'

const Book = Type.Object({ title: Type.String(), year: Type.Integer({ minimum: 1450 }) })
const good = '{"title":"Emma","year":1815}'

describe('structured output', () => {
  test('is asked for by the schema, and given as data (SPEC 55)', async () => {
    const model = scriptedModel([good])
    const result = await run(aSession(), 'Which?', { model, output: Book }).result
    expect(result).toMatchObject({ finishReason: 'stop', output: { title: 'Emma', year: 1815 }, text: good })
    expect(model.requests[0]!.responseFormat).toEqual({
      type: 'json',
      name: 'output',
      schema: JSON.parse(JSON.stringify(Book)) as object,
    })
  })

  test.each([
    ['a fence', `\`\`\`json\n${good}\n\`\`\``],
    ['a fence without a name', ` \`\`\`\n${good}\n\`\`\`\n`],
    ['space', ` ${good}\n`],
  ])('may come in %s (SPEC 57)', async (_, text) => {
    const { output } = await run(aSession(), 'Which?', { model: scriptedModel([text]), output: Book }).result
    expect(output).toEqual({ title: 'Emma', year: 1815 })
  })

  test('is the last of several texts that is JSON: models of OpenAI comment on what they do before (SPEC 55)', async () => {
    const texts =
      (...all: string[]) =>
      () => [...all.flatMap((text, i) => blockParts('text', text, `${i}`)), finishPart()]
    const model = scriptedModel([
      texts('{"title":"I look it up.","year":2000}', good),
      texts('Let me see.', good, 'Anything else?'),
      texts(good.slice(0, 9), good.slice(9)),
    ])
    for (const written of [{ title: 'Emma', year: 1815 }, { title: 'Emma', year: 1815 }, {}]) {
      const running = run(aSession(), 'Which?', { model, output: Book })
      const partial = (await eventsOf(running)).filter((event) => event.type === 'partial-output')
      expect(partial.at(-1)!.output).toMatchObject(written)
      expect(await running.result).toMatchObject({ steps: 1, output: { title: 'Emma', year: 1815 } })
    }
    model.done()
  })

  test('comes after tools, which run as ever (SPEC 55)', async () => {
    const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => 'seen' })
    const model = scriptedModel([{ calls: [{ tool: 'kit_look' }] }, good])
    const { output } = await run(aSession({ look }), 'Which?', { model, output: Book }).result
    expect(output).toEqual({ title: 'Emma', year: 1815 })
    expect(model.unused).toBe(0)
  })

  test.each([
    ['{"title":"Emma","year":815}', '- /year: must be >= 1450'],
    ['{"title":"Emma"}', '- the answer: must have required properties year'],
    ['Emma, of 1815', '- it is not JSON ('],
    ['[]', '- the answer: must be object'],
  ])('that does not fit is told to the model, once: %s (SPEC 57)', async (bad, told) => {
    const session = aSession()
    const model = scriptedModel([bad, good])
    const { output, steps } = await run(session, 'Which?', { model, output: Book }).result
    expect(output).toEqual({ title: 'Emma', year: 1815 })
    expect(steps).toBe(2)
    expect(historyOf(session)[2]).toContain(told)
    expect(historyOf(session)[2]).toContain(JSON.stringify(Book))
  })

  test('that is a fence and line breaks without end is read at once (SPEC 57)', async () => {
    const model = scriptedModel([
      () => [...blockParts('text', `\`\`\`json${'\n'.repeat(300_000)}`), finishPart()],
      good,
    ])
    const { output } = await run(aSession(), 'Which?', { model, output: Book }).result
    expect(output).toEqual({ title: 'Emma', year: 1815 })
  })

  test('is read where a server ends an answer in a word of its own for its end: eos (SPEC 55)', async () => {
    const finish = { ...finishPart(), finishReason: { unified: 'other', raw: 'eos' } } as const
    const model = scriptedModel([() => [...blockParts('text', good), finish]])
    const result = await run(aSession(), 'Which?', { model, output: Book }).result
    expect(result).toMatchObject({ finishReason: 'stop', output: { title: 'Emma', year: 1815 } })
  })

  test('that never fits is an error, and both answers stay (SPEC 57)', async () => {
    const session = aSession()
    const { result } = run(session, 'Which?', { model: scriptedModel(['no', '{}']), output: Book })
    await expect(result).rejects.toMatchObject({
      code: 'RETINUE_OUTPUT_INVALID',
      details: { text: '{}', problems: ['the answer: must have required properties title, year'] },
    })
    expect(historyOf(session)).toHaveLength(4)
  })

  test('is missing where something else stopped the run (SPEC 59)', async () => {
    const cut = { text: '{"title":', finish: 'length' } as const
    const result = await run(aSession(), 'Which?', { model: scriptedModel([cut]), output: Book }).result
    expect(result).toMatchObject({ finishReason: 'length', output: undefined })
    const asked = { model: scriptedModel(['no', good]), output: Book, maxSteps: 1 }
    expect(await run(aSession(), 'Which?', asked).result).toMatchObject({ finishReason: 'max-steps' })
  })

  test.each([
    ['openai.responses', false],
    ['azure.chat', false],
    ['vertex.anthropic.messages', false],
    ['google.generative-ai', false],
    ['openai-compatible.chat', true],
    ['deepseek.chat', true],
  ])(
    'is described in words where its provider may not see to it: %s, %s (SPEC 55)',
    async (provider, inWords) => {
      const model = Object.assign(scriptedModel([good]), { provider })
      await run(aSession(), 'Which?', { model, output: Book }).result
      const [first] = model.requests[0]!.prompt
      expect(JSON.stringify(first!.content).includes('fits this JSON Schema')).toBe(inWords)
      expect(model.requests[0]!.responseFormat).toBeDefined()
    },
  )

  test.each([
    ['openai.responses', 'gpt-5', true],
    ['google.generative-ai', 'gemini-2.5-pro', false], // refuses both, and others never call a tool then
    ['google.generative-ai', 'gemini-3-pro', true],
    ['local.chat', 'qwen3', false],
    ['amazon-bedrock', 'anthropic.claude', false],
  ])(
    'is asked for in words beside tools, where %s/%s takes no format then (SPEC 55)',
    async (provider, modelId, isAsked) => {
      const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => 'seen' })
      const model = Object.assign(scriptedModel([good]), { provider, modelId })
      await run(aSession({ look }), 'Which?', { model, output: Book }).result
      const { prompt, responseFormat } = model.requests[0]!
      expect(responseFormat !== undefined).toBe(isAsked)
      expect(JSON.stringify(prompt[0]).includes('fits this JSON Schema')).toBe(!isAsked)
    },
  )

  test('is asked of OpenRouter in words alone: its package asks to be strict, and models of OpenAI refuse that (SPEC 55)', async () => {
    const model = Object.assign(scriptedModel([good]), { provider: 'openrouter' })
    await run(aSession(), 'Which?', { model, output: Book }).result
    expect(model.requests[0]!.responseFormat).toBeUndefined()
  })

  test.each([
    ['an array', 'an object', Type.Array(Type.String())],
    ['a schema of another library', 'a schema of zod', z.object({ title: z.string() })],
  ])('needs an object schema, which %s is not (SPEC 57)', (_what, shown, output) => {
    expect(() => run(aSession(), 'Which?', { model: scriptedModel([]), output: output as never })).toThrow(
      `[RETINUE_OUTPUT_SCHEMA] A run can't have ${shown} as output. Give a schema of Type, from @retinue/kernel: Type.Object({ … }), with a list or a choice as one of its fields.`,
    )
  })
})

describe('structured output that is being written', () => {
  /** An answer in pieces of so many characters. */
  const pieces = (text: string, size: number) =>
    async function* () {
      yield { type: 'text-start', id: '0' } as const
      for (let at = 0; at < text.length; at += size) {
        yield { type: 'text-delta', id: '0', delta: text.slice(at, at + size) } as const
      }
      yield { type: 'text-end', id: '0' } as const
      yield finishPart('stop')
    }
  const partsOf = (events: readonly RunEvent[]): unknown[] =>
    events.filter((event) => event.type === 'partial-output').map(({ output }) => output)

  test('is told each time that it has changed, behind the text that it is read from (SPEC 56)', async () => {
    const model = scriptedModel([pieces('{ "title": "Emma", "year": 1815 }', 3)])
    const events = await eventsOf(run(aSession(), 'Which?', { model, output: Book }))
    expect(partsOf(events)).toEqual([
      {},
      { title: '' },
      { title: 'Emm' },
      { title: 'Emma' },
      { title: 'Emma', year: 1815 },
    ])
    const at = events.findIndex((event) => event.type === 'partial-output')
    expect(events[at - 1]).toEqual({ type: 'text-delta', id: '1:0', delta: '{ "' })
  })

  test('begins anew with each model call, and is none of words (SPEC 56)', async () => {
    const model = scriptedModel(['Emma.', pieces('{"title":"Emma"}', 99), pieces(good, 99)])
    const events = await eventsOf(run(aSession(), 'Which?', { model, output: Book }))
    expect(partsOf(events)).toEqual([{ title: 'Emma' }])
    const again = scriptedModel([pieces('{"title":"Emma"}', 99), pieces(good, 99)])
    expect(partsOf(await eventsOf(run(aSession(), 'Which?', { model: again, output: Book })))).toEqual([
      { title: 'Emma' },
      { title: 'Emma', year: 1815 },
    ])
  })

  test('goes on where a provider cuts it into several texts (SPEC 56)', async () => {
    const model = scriptedModel([
      () => [
        ...blockParts('text', '{"title":"Em', 'a'),
        ...blockParts('text', 'ma","year":1815}', 'b'),
        finishPart('stop'),
      ],
    ])
    const running = run(aSession(), 'Which?', { model, output: Book })
    expect(partsOf(await eventsOf(running))).toEqual([{ title: 'Em' }, { title: 'Emma', year: 1815 }])
    expect((await running.result).output).toEqual({ title: 'Emma', year: 1815 })
  })

  test('is told of in proportion to its length, its end included (SPEC 56)', async () => {
    const List = Type.Object({ items: Type.Array(Type.String()) })
    const whole = { items: Array.from({ length: 4000 }, (_, i) => `item ${i}`) }
    const model = scriptedModel([pieces(JSON.stringify(whole), 4)])
    const told = partsOf(await eventsOf(run(aSession(), 'Which?', { model, output: List })))
    expect(told.at(-1)).toEqual(whole)
    const read = told.reduce((sum: number, each) => sum + JSON.stringify(each).length, 0)
    expect(read).toBeLessThan(70 * JSON.stringify(whole).length)
  })

  test('is kept once for whoever comes late (SPEC 56)', async () => {
    const here = run(aSession(), 'Which?', { model: scriptedModel([pieces(good, 2)]), output: Book })
    await here.result
    const events = await eventsOf(here)
    expect(events.map(({ type }) => type)).toEqual([
      'run-start',
      'step-start',
      'text-start',
      'text-delta',
      'partial-output',
      'text-end',
      'usage',
      'step-finish',
      'finish',
    ])
    expect(partsOf(events)).toEqual([{ title: 'Emma', year: 1815 }])
  })

  test('is none where no output is asked for (SPEC 56)', async () => {
    expect(partsOf(await eventsOf(run(aSession(), 'Which?', { model: scriptedModel([good]) })))).toEqual([])
  })
})
