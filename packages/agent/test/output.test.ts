import { defineTool, Type } from '@retinue/kernel'
import { blockParts, finishPart, scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { run } from '../src/index.ts'
import { aSession, historyOf } from './a-session.ts'

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

  test('is described in words once a provider has said that it takes no format (SPEC 55)', async () => {
    const warnings = [{ type: 'unsupported', feature: 'responseFormat' }]
    const said = () => [{ type: 'stream-start', warnings }, ...blockParts('text', good), finishPart()]
    const model = scriptedModel([said, said])
    const session = aSession()
    await run(session, 'Which?', { model, output: Book }).result
    await run(session, 'And then?', { model, output: Book }).result
    expect(model.requests.map(({ prompt }) => prompt[0]!.role)).toEqual(['user', 'system'])
    expect(model.requests[1]!.prompt[0]!.content).toContain(JSON.stringify(Book))
  })

  test('needs an object schema (SPEC 57)', () => {
    const output = Type.Array(Type.String()) as never
    expect(() => run(aSession(), 'Which?', { model: scriptedModel([]), output })).toThrow(
      expect.objectContaining({ code: 'RETINUE_OUTPUT_SCHEMA' }),
    )
  })
})
