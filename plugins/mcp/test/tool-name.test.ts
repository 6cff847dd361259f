import { defineToolset } from '@retinue/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isName, toolNames } from '../src/tool-name.ts'

const names = (...tools: string[]): string[] => [...toolNames('desk', tools, () => false).values()]

test('tools are named mcp_<server>_<tool>, in the grammar of type names', () => {
  expect(names('read_file', 'getWeather', 'list-users', 'files.read', 'get_2fa', 'HTTPGet')).toEqual([
    'mcp_desk_read_file',
    'mcp_desk_get_weather',
    'mcp_desk_list_users',
    'mcp_desk_files_read',
    'mcp_desk_get2fa',
    'mcp_desk_httpget',
  ])
})

test('a name that does not fit gets a digest of what the server calls it', () => {
  for (const tool of ['日本', 'x_y_z', 'a'.repeat(128), '2fa', 'list_toolset', '']) {
    expect(names(tool)[0]).toMatch(/^mcp_desk_(\w+_)?h[0-9a-f]{8}$|^mcp_desk_2fa$/)
  }
})

test('a server that ends in a single letter has names for all of its tools', () => {
  const tools = ['x_post', 't0', 't1', 't6', 'é', '日本', 'x_y_z', '']
  const found = [...toolNames('x', tools, () => false).values()]
  expect(found.filter((name) => !isName(name))).toEqual([])
})

test('of two that would be named alike none takes the name of the other, whatever the order', () => {
  const [one, two] = names('list-users', 'list.users')
  expect(new Set([one, two, ...names('list.users', 'list-users')]).size).toBe(2)
  expect(one).toMatch(/^mcp_desk_list_users_h[0-9a-f]{8}$/)
  expect(names('list-users', 'list_users')).toEqual([one, 'mcp_desk_list_users'])
})

test('a name that somebody else has stays theirs', () => {
  const taken = toolNames('desk', ['read'], (name) => name === 'mcp_desk_read')
  expect(taken.get('read')).toMatch(/^mcp_desk_read_h[0-9a-f]{8}$/)
})

test('names are of the grammar, told apart, and the same in any order', () => {
  const sign = fc.constantFrom('a', 'b', 'B', '_', '-', '.', '2', 'é', '日')
  const tools = fc.uniqueArray(fc.string({ unit: sign, maxLength: 6 }), { maxLength: 8 })
  fc.assert(
    fc.property(tools, (all) => {
      const found = toolNames('desk', all, () => false)
      expect(new Set(found.values()).size).toBe(all.length)
      for (const name of found.values()) defineToolset(name, { tools: {} })
      const reversed = toolNames('desk', all.toReversed(), () => false)
      for (const tool of all) expect(reversed.get(tool)).toBe(found.get(tool))
    }),
    { numRuns: 200 },
  )
})
