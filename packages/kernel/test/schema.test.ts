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

  it('may be plain JSON Schema', () => {
    expect(compileSchema({ type: 'string', minLength: 2 } as never).check('a')).toBe(false)
  })
})
