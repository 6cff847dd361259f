import { describe, expect, it, vi } from 'vitest'
import { Combined } from '../src/combined.ts'

describe('what is computed of several objects', () => {
  it('is computed once for each combination of them, in their order (D7)', () => {
    const combined = new Combined<string[]>()
    const [a, b] = [{}, {}]
    const compute = vi.fn<(...names: string[]) => string[]>((...names) => names)
    const found = combined.of([a, b], () => compute('a', 'b'))
    expect(combined.of([a, b], () => compute('a', 'b'))).toBe(found)
    expect(combined.of([b, a], () => compute('b', 'a'))).toEqual(['b', 'a'])
    expect(combined.of([a], () => compute('a'))).toEqual(['a'])
    expect(compute).toHaveBeenCalledTimes(3)
  })
})
