import { afterEach, describe, expect, it, vi } from 'vitest'
import { heldGetter, sharpenAccessors } from '../src/accessors.ts'

afterEach(() => vi.unstubAllGlobals())

const sorts: [string, boolean][] = [
  ['of its own code', true],
  ['of closures, where code generation is forbidden', false],
]

describe.each(sorts)('a getter of a bag %s', (_sort, allowed) => {
  it('gives what is held, and else what is found (SPEC 12, 42)', () => {
    if (!allowed) forbid()
    const held = Symbol('notes')
    const get = heldGetter(held, (bag) => ({ foundFor: bag }))
    const bag = {}
    expect(get.call(bag)).toEqual({ foundFor: bag })
    const item = {}
    expect(get.call({ [held]: item })).toBe(item)
  })
})

it('a class keeps its accessors where code generation is forbidden (SPEC 42)', () => {
  forbid()
  const prototype = { n: 5 }
  const sight = { of: () => ({ at: 0 }), keep: () => undefined }
  sharpenAccessors(prototype, ['n'], { writes: 0 }, sight)
  expect(prototype).toEqual({ n: 5 })
})

function forbid(): void {
  vi.stubGlobal('Function', function () {
    throw new EvalError('Code generation from strings disallowed for this context')
  })
}
