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

  it('says which values are allowed', () => {
    const engine = Type.Union([Type.Literal('brave'), Type.Literal('tavily')])
    const schema = compileSchema(Type.Object({ engine, on: Type.Literal(true) }))
    const told = schema.errors({ engine: 'bing', on: false }).map(({ path, message }) => `${path} ${message}`)
    expect(told).toEqual([
      '/engine must be "brave"',
      '/engine must be "tavily"',
      '/engine must match a schema in anyOf',
      '/on must be true',
    ])
    expect(compileSchema({ enum: ['a', 1] } as never).errors('b')).toEqual([
      { path: '', message: 'must be one of ["a",1]' },
    ])
  })

  it('may be plain JSON Schema', () => {
    expect(compileSchema({ type: 'string', minLength: 2 } as never).check('a')).toBe(false)
  })
})
