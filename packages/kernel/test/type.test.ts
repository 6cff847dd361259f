import { describe, expect, it } from 'vitest'
import { compileSchema, Type } from '../src/index.ts'

const fits = (schema: Parameters<typeof compileSchema>[0], value: unknown) =>
  compileSchema(schema).check(value)
const person = Type.Object({ name: Type.String(), age: Type.Optional(Type.Integer()) })

describe('the builders of the kernel', () => {
  it('make records of any key, of keys with a pattern, and of numbers', () => {
    const any = Type.Record(Type.String(), Type.Integer())
    expect([fits(any, { a: 1, 'b c': 2 }), fits(any, { a: 'x' }), fits(any, [])]).toEqual([
      true,
      false,
      false,
    ])
    const patterned = Type.Record(Type.String({ pattern: '^x-' }), Type.Integer(), {
      additionalProperties: false,
    })
    expect([fits(patterned, { 'x-a': 1 }), fits(patterned, { a: 1 })]).toEqual([true, false])
    const integers = Type.Record(Type.Integer(), Type.String(), { additionalProperties: false })
    expect([
      fits(integers, { 10: 'x', '-3': 'y' }),
      fits(integers, { '1.5': 'x' }),
      fits(integers, { '01': 'x' }),
    ]).toEqual([true, false, false])
    const numbers = Type.Record(Type.Number(), Type.String(), { additionalProperties: false })
    expect([fits(numbers, { '1.5': 'x' }), fits(numbers, { a: 'x' })]).toEqual([true, false])
    expect(JSON.stringify(any)).toBe('{"type":"object","patternProperties":{"^.*$":{"type":"integer"}}}')
  })

  it('make every property of an object optional, or none', () => {
    expect([fits(Type.Partial(person), {}), fits(Type.Partial(person), { name: 1 })]).toEqual([true, false])
    expect([
      fits(Type.Required(person), { name: 'x' }),
      fits(Type.Required(person), { name: 'x', age: 1 }),
    ]).toEqual([false, true])
    expect(fits(person, { name: 'x' })).toBe(true)
  })

  it('take some properties of an object, or leave them out', () => {
    expect(Object.keys(Type.Pick(person, ['age']).properties)).toEqual(['age'])
    expect(fits(Type.Pick(person, ['age']), {})).toBe(true)
    expect(Object.keys(Type.Omit(person, ['age']).properties)).toEqual(['name'])
    expect(fits(Type.Omit(person, ['age']), {})).toBe(false)
  })
})
