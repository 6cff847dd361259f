import { expect, test } from 'vitest'
import { definitionHash } from '../src/definition-hash.ts'

const definition = {
  name: 'a',
  description: 'b',
  inputSchema: { type: 'object', properties: { x: {}, y: {} } },
}

test('a pin does not depend on the order of keys, and on everything else', () => {
  const hash = definitionHash(definition)
  expect(hash).toMatch(/^sha256-[\w-]{43}$/)
  expect(
    definitionHash({
      inputSchema: { properties: { y: {}, x: {} }, type: 'object' },
      description: 'b',
      name: 'a',
    }),
  ).toBe(hash)
  for (const other of [
    { ...definition, description: 'b ' },
    { ...definition, name: 'A' },
    { ...definition, annotations: { readOnlyHint: true } },
    { ...definition, inputSchema: { ...definition.inputSchema, required: ['x'] } },
    { ...definition, outputSchema: {} },
  ]) {
    expect(definitionHash(other)).not.toBe(hash)
  }
})
