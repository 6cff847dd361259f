import { describe, expect, it, vi } from 'vitest'
import { Combined } from '../src/combined.ts'

describe('what is computed of several objects', () => {
  it('is computed once for each combination of them, in their order (D7)', () => {
    const combined = new Combined<string[]>()
    const [a, b] = [{}, {}]
    const compute = vi.fn<(...names: string[]) => string[]>((...names) => names)
    const resultOf = (parts: readonly object[], ...names: string[]): string[] =>
      (combined.at(parts).result ??= compute(...names))
    const found = resultOf([a, b], 'a', 'b')
    expect(resultOf([a, b], 'a', 'b')).toBe(found)
    expect(resultOf([b, a], 'b', 'a')).toEqual(['b', 'a'])
    expect(resultOf([a], 'a')).toEqual(['a'])
    expect(compute).toHaveBeenCalledTimes(3)
  })
})
