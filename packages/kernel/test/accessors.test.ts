import { afterEach, describe, expect, it, vi } from 'vitest'
import { heldGetter, sharpenAccessors } from '../src/accessors.ts'
import { compileSchema, Context, Type } from '../src/index.ts'

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

it('a class without accessors of its own reads, checks and writes as any other (SPEC 19, 42)', () => {
  const fields = { n: Type.Integer({ default: 5 }), text: Type.String({ default: '' }) }
  Object.values(fields).forEach(compileSchema) // TypeBox found out long ago that code may be made
  class Count extends Context('count', fields) {}
  forbid()
  const count = new Count({ text: 'a' })
  expect([count.n, count.text]).toEqual([5, 'a'])
  count.n = 6
  expect([count.n, count.n, count.n]).toEqual([6, 6, 6])
  expect(() => (count.n = 1.5)).toThrow('RETINUE_VALUE_INVALID')
  expect(count.$values()).toEqual({ n: 6, text: 'a' })
})

function forbid(): void {
  vi.stubGlobal('Function', function () {
    throw new EvalError('Code generation from strings disallowed for this context')
  })
}
