import { compileSchema } from '@retinue/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foreignSchema } from '../src/foreign-schema.ts'

const object = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more })

test('what JSON Schema knows is kept, and anything else is dropped', () => {
  const schema = object(
    {
      path: { type: 'string', minLength: 1, description: 'Where.' },
      mode: { enum: ['r', 'w'], default: 'r' },
      tags: { type: 'array', items: { type: ['string', 'null'] } },
      any: { anyOf: [{ const: 1 }, { type: 'object', additionalProperties: false }] },
      free: true,
    },
    { required: ['path'], additionalProperties: false },
  )
  const loud = { ...schema, $schema: 'x', $id: 'y', $comment: 'z', 'x-own': { a: 1 }, $defs: {} }
  expect(foreignSchema(loud)).toEqual(schema)
  expect(foreignSchema({ type: 'object' })).toEqual(object({}))
})

test('references are put in place, and a circle ends in what takes anything', () => {
  const tree = { type: 'object', properties: { left: { $ref: '#/$defs/tree' }, size: { type: 'integer' } } }
  const made = foreignSchema(
    object({ root: { $ref: '#/$defs/tree', description: 'The root.' } }, { $defs: { tree } }),
  )
  expect(made).toEqual(
    object({
      root: {
        type: 'object',
        description: 'The root.',
        properties: { left: {}, size: { type: 'integer' } },
      },
    }),
  )
  const listed = object(
    { a: { $ref: '#/$defs/List%3Cx%3E~1y' } },
    { $defs: { 'List<x>/y': { type: 'null' } } },
  )
  expect(foreignSchema(listed)).toEqual(object({ a: { type: 'null' } }))
  expect(foreignSchema(object({ me: { $ref: '#' } })).properties).toEqual({ me: object({ me: {} }) })
})

test('a pattern is told and not run: one that takes for ever costs nothing', () => {
  const made = foreignSchema(
    object({ id: { type: 'string', pattern: '^(a+)+$' }, pattern: { type: 'string' } }),
  )
  expect(made.properties).toEqual({
    id: { type: 'string', description: 'pattern: ^(a+)+$' },
    pattern: { type: 'string' },
  })
  expect(compileSchema(made).check({ id: `${'a'.repeat(40)}!` })).toBe(true)
})

test('a format is told and not held against an input: servers take a time without a zone', () => {
  const made = foreignSchema(
    object({
      at: { type: 'string', format: 'date-time', description: 'The start.' },
      url: { format: 'uri' },
    }),
  )
  expect(made.properties).toEqual({
    at: { type: 'string', description: 'The start.\nformat: date-time' },
    url: { description: 'format: uri' },
  })
  expect(compileSchema(made).check({ at: '2026-03-01T09:00:00' })).toBe(true)
})

test('what a provider would refuse all tools for is dropped, or told in words', () => {
  const older = {
    age: { type: 'integer', minimum: 0, exclusiveMinimum: true, maximum: '9' },
    any: { type: 'any', required: true, enum: 'x', minLength: '1' },
    none: { type: ['string', 'null'], examples: ['a'] },
    pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
  }
  const either = [{ required: ['age'] }, { required: ['any'] }]
  const made = foreignSchema(object(older, { description: 'One of them.', anyOf: either, not: {} }))
  expect(made).toEqual({
    type: 'object',
    description: 'One of them.\nanyOf: [{"required":["age"]},{"required":["any"]}]\nnot: {}',
    properties: {
      age: { type: 'integer', minimum: 0 },
      any: {},
      none: { type: ['string', 'null'], examples: ['a'] },
      pair: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] },
    },
  })
  const below = object({ a: { anyOf: [{ type: 'string' }, { type: 'number' }] } })
  expect(foreignSchema(below)).toEqual(below)
})

test('what alternatives at the top have can be given: models give nothing that has no name', () => {
  const of = (kind: string, more: object): object => object({ kind: { const: kind }, ...more })
  const made = foreignSchema({
    type: 'object',
    oneOf: [
      of('file', { path: { type: 'string' } }),
      of('page', { url: { type: 'string' }, path: { type: 'string' } }),
    ],
    if: object({ off: { const: true } }),
    additionalProperties: false, // as some servers have it, which forbids all
  })
  expect(made).toMatchObject({
    type: 'object',
    description: expect.stringMatching(/^oneOf: .*\nif: /),
  })
  expect(made).toHaveProperty('properties', {
    kind: { anyOf: [{ const: 'file' }, { const: 'page' }] },
    path: { type: 'string' },
    url: { type: 'string' },
  })
  expect(compileSchema(made).check({ kind: 'page', url: 'x' })).toBe(true)
  const own = foreignSchema(
    object({ a: { type: 'string' } }, { allOf: [object({ a: { minLength: 1 }, b: {} })] }),
  )
  expect(own.properties).toEqual({ a: { type: 'string' }, b: {} })
  const either = { anyOf: [{ required: ['a'] }, { required: ['b'] }], additionalProperties: false }
  expect(foreignSchema(object({ a: {}, b: {} }, either))).toHaveProperty('additionalProperties', false)
})

test('a property by a name that a provider refuses all tools for is told, and taken', () => {
  const inner = object({ 'x y': { type: 'string' } }, { additionalProperties: false })
  const made = foreignSchema(
    object(
      { a: {}, 'filter[]': { type: 'string', description: 'Which.' }, 'b\u200b': {}, inner },
      { description: 'All.', additionalProperties: false, required: ['a', 'filter[]'] },
    ),
  )
  expect(made).toEqual({
    type: 'object',
    description: 'All.\nfilter[]: {"description":"Which.","type":"string"}\nb: {}',
    properties: { a: {}, inner: { type: 'object', description: 'x y: {"type":"string"}', properties: {} } },
  })
  expect(compileSchema(made).check({ a: 1, 'filter[]': 'x', inner: { 'x y': 'z' } })).toBe(true)
  const proto = foreignSchema(JSON.parse('{"type":"object","properties":{"__proto__":{}}}'))
  expect(proto).toEqual({ type: 'object', description: '__proto__: {}', properties: {} })
})

test('what a pattern allows is not forbidden by not running it', () => {
  const made = foreignSchema(
    object({ a: {} }, { patternProperties: { '^x-': {} }, additionalProperties: false }),
  )
  expect(made).toEqual(object({ a: {} }))
})

test('words are cleaned and cut; values that hide something are refused', () => {
  const made = foreignSchema(object({ a: { description: `x\u200b${'y'.repeat(2000)}` } }))
  expect(JSON.stringify(made)).toContain('xyyy')
  expect(JSON.stringify(made).length).toBeLessThan(1200)
  expect(() => foreignSchema(object({ a: { enum: ['b\u{e0041}'] } }))).toThrow('hides')
})

test('what is no object, refers to nothing, is too deep or too large is refused with the reason', () => {
  let deep: object = { type: 'string' }
  for (let i = 0; i < 40; i++) deep = { type: 'array', items: deep }
  const doubling = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [
      `d${i}`,
      { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] },
    ]),
  )
  const wide = Object.fromEntries(
    Array.from({ length: 900 }, (_, i) => [`p${i}`, { description: 'x'.repeat(100) }]),
  )
  for (const [schema, why] of [
    [{ type: 'string' }, 'no object'],
    [object({ a: 5 }), 'its schema is none'],
    [object([1]), 'properties'],
    [object({ a: { $ref: 'https://example.com/a' } }), 'to nothing'],
    [object({ a: { $ref: '#/$defs/none' } }), 'to nothing'],
    [object({ a: { $ref: '#/$defs/%' } }), 'malformed'],
    [object({ a: deep }), 'deeper than 32'],
    [object({ a: { $ref: '#/$defs/d0' } }, { $defs: { ...doubling, d12: {} } }), 'more than 4000 parts'],
    [object(wide), 'longer than 60000'],
  ] as const) {
    expect(() => foreignSchema(schema)).toThrow(why)
  }
})

test('whatever a server sends is taken or refused, and what is taken can be checked by', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom('properties', 'items', 'required', 'enum', 'pattern', 'minLength', 'anyOf', '$ref'),
        fc.jsonValue({ maxDepth: 4 }),
      ),
      (schema) => {
        let made: ReturnType<typeof foreignSchema>
        try {
          made = foreignSchema({ ...schema, type: 'object' })
        } catch {
          return
        }
        expect(typeof compileSchema(made).check({ a: 1 })).toBe('boolean')
      },
    ),
    { numRuns: 100 },
  )
})
