import { describe, expect, test } from 'vitest'
import { addUsage, noUsage, readUsage } from '../src/usage.ts'

const unknown = { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined }
const silent = { total: undefined, text: undefined, reasoning: undefined }

describe('the usage of a model call', () => {
  test('is read from the nested form of versions 3 and 4 (SPEC 56)', () => {
    expect(
      readUsage({
        inputTokens: { total: 100, noCache: 20, cacheRead: 70, cacheWrite: 10 },
        outputTokens: { total: 30, text: 10, reasoning: 20 },
      }),
    ).toEqual({
      inputTokens: 100,
      outputTokens: 30,
      totalTokens: 130,
      cacheReadTokens: 70,
      cacheWriteTokens: 10,
      reasoningTokens: 20,
    })
  })

  test('is read from the flat form of version 2 (SPEC 56)', () => {
    expect(
      readUsage({
        inputTokens: 10,
        outputTokens: 5,
        totalTokens: 17,
        cachedInputTokens: 4,
        reasoningTokens: 2,
      }),
    ).toEqual({
      inputTokens: 10,
      outputTokens: 5,
      totalTokens: 17,
      cacheReadTokens: 4,
      cacheWriteTokens: 0,
      reasoningTokens: 2,
    })
    expect(readUsage({ inputTokens: 10, outputTokens: 5, totalTokens: undefined })).toMatchObject({
      totalTokens: 15,
    })
    expect(readUsage({ inputTokens: undefined, outputTokens: 5, totalTokens: 9 })).toMatchObject({
      inputTokens: 0,
      totalTokens: 9,
    })
    for (const totalTokens of [undefined, Number.NaN])
      expect(readUsage({ inputTokens: 10, outputTokens: undefined, totalTokens })).toMatchObject({
        totalTokens: 10,
      })
  })

  test.each<[string, unknown]>([
    ['nothing', null],
    ['a number', 5],
    ['texts', { inputTokens: '10', outputTokens: {} }],
    ['null in the nested form', { inputTokens: null, outputTokens: { total: null } }],
    ['what is no count', { inputTokens: Number.NaN, outputTokens: -1, totalTokens: Infinity }],
  ])('is 0 where a server reports %s (SPEC 56)', (_, reported) => {
    expect(readUsage(reported as never)).toEqual(noUsage)
  })

  test('is the total that is given, whatever its parts come to (SPEC 56)', () => {
    const inputTokens = { total: 100, noCache: 20, cacheRead: 70, cacheWrite: 0 }
    const outputTokens = { total: 30, text: 5, reasoning: 20 }
    expect(readUsage({ inputTokens, outputTokens })).toMatchObject({ inputTokens: 100, outputTokens: 30 })
  })

  test('adds up its parts where no total is given, and is 0 where nothing is known (SPEC 56)', () => {
    expect(
      readUsage({
        inputTokens: { ...unknown, noCache: 1, cacheRead: 2, cacheWrite: 3 },
        outputTokens: { ...silent, text: 4, reasoning: 5 },
      }),
    ).toMatchObject({ inputTokens: 6, outputTokens: 9 })
    expect(readUsage({ inputTokens: unknown, outputTokens: silent })).toEqual(noUsage)
    expect(readUsage(undefined)).toEqual(noUsage)
  })

  test('adds up over the steps of a run (SPEC 56)', () => {
    const one = {
      inputTokens: 1,
      outputTokens: 2,
      totalTokens: 3,
      cacheReadTokens: 4,
      cacheWriteTokens: 5,
      reasoningTokens: 6,
    }
    expect(addUsage(one, addUsage(one, noUsage))).toEqual({
      inputTokens: 2,
      outputTokens: 4,
      totalTokens: 6,
      cacheReadTokens: 8,
      cacheWriteTokens: 10,
      reasoningTokens: 12,
    })
  })
})
