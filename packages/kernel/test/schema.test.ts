import { describe, expect, it } from 'vitest'
import { compileSchema, Type } from '../src/index.ts'

describe('a compiled schema', () => {
  it('is made once for each schema object', () => {
    const schema = Type.Integer({ minimum: 1 })
    expect(compileSchema(schema)).toBe(compileSchema(schema))
    expect(compileSchema(schema)).not.toBe(compileSchema(Type.Integer({ minimum: 1 })))
  })

  it('checks values and says where each does not fit', () => {
    const schema = compileSchema(Type.Object({ rows: Type.Array(Type.Integer({ minimum: 1 })) }))
    expect(schema.check({ rows: [1, 2] })).toBe(true)
    expect(schema.errors({ rows: [1, 2] })).toEqual([])
    expect(schema.check({ rows: [1, 0] })).toBe(false)
    expect(schema.errors({ rows: [1, 0] })).toEqual([
      { path: '/rows/1', message: expect.stringContaining('1') as string },
    ])
  })

  it('says which values are allowed, those of a union once', () => {
    const engine = Type.Union([Type.Literal('brave'), Type.Literal('tavily')])
    const schema = compileSchema(Type.Object({ engine, on: Type.Literal(true) }))
    const told = (value: unknown) => schema.errors(value).map(({ path, message }) => `${path} ${message}`)
    expect(told({ engine: 'bing', on: false })).toEqual([
      '/engine must be "brave" or "tavily"',
      '/engine must match a schema in anyOf',
      '/on must be true',
    ])
    expect(told({ engine: 1, on: true })[1]).toBe('/engine must be "brave" or "tavily"')
    expect(compileSchema({ enum: ['a', 1] } as never).errors('b')).toEqual([
      { path: '', message: 'must be "a" or 1' },
    ])
    const letters = Type.Union('abcdefghijkl'.split('').map((letter) => Type.Literal(letter)))
    expect(compileSchema(letters).errors('z')[0]!.message).toMatch(/^must be "a" or .* or …$/)
  })

  it('may be plain JSON Schema', () => {
    expect(compileSchema({ type: 'string', minLength: 2 } as never).check('a')).toBe(false)
  })
})
