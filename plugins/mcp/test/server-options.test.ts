import { Secret } from '@retinue/kernel'
import { expect, test, vi } from 'vitest'
import { limitsOf, revealed, type ServerOptions } from '../src/server-options.ts'

test('what does not describe a server is refused with what to write', () => {
  for (const [options, why] of [
    [undefined, 'takes options, not undefined.'],
    ['node server.js', "takes options, not 'node server.js'."],
    [{}, 'no command or address'],
    [{ command: 'node', url: 'https://example.com' }, 'or both'],
    [{ command: '' }, "can't have '' as command. Give the program alone"],
    [{ comand: 'node' }, "The server 'desk' has no option 'comand'. Did you mean 'command'?"],
    [{ command: 'node', timeout: 5 }, "has no option 'timeout'."],
    [{ command: 'node', args: 'server.js' }, "can't have 'server.js' as args. Give a list of texts"],
    [{ command: 'node', env: { KEY: undefined } }, 'no text in env.KEY'],
    [{ url: 'https://example.com', headers: 'x-key: 1' }, 'no text in headers.'],
    [{ url: 'example.com' }, 'no web address'],
    [{ url: 'file:///etc/passwd' }, 'no web address'],
    [{ command: 'node', timeoutMs: 0 }, "can't have 0 as timeoutMs. Give a whole number from 1 to "],
    [{ command: 'node', maxTools: 1.5 }, "can't have 1.5 as maxTools."],
    [{ command: 'node', timeoutMs: Infinity }, "can't have Infinity as timeoutMs."],
  ] as const) {
    expect(() => limitsOf('desk', options as unknown as ServerOptions)).toThrow(
      expect.objectContaining({
        code: 'RETINUE_MCP_OPTIONS',
        message: expect.stringContaining(why) as string,
      }),
    )
  }
  expect(limitsOf('desk', { command: 'node', maxRestarts: 0 })).toMatchObject({
    maxRestarts: 0,
    timeoutMs: 60_000,
  })
})

test('a name that no toolset can have is refused', () => {
  for (const name of ['', 'Desk', 'two words', 'a-b', 'x'.repeat(40)])
    expect(() => limitsOf(name, { command: 'node' })).toThrow('RETINUE_MCP_OPTIONS')
})

test('secrets are looked up when they are needed, and known as such (SPEC D17)', () => {
  vi.stubEnv('DESK_KEY', 'one')
  const headers = { authorization: Secret.env('DESK_KEY'), accept: 'x' }
  expect(revealed(headers)).toEqual({ texts: { authorization: 'one', accept: 'x' }, secrets: ['one'] })
  vi.stubEnv('DESK_KEY', 'two')
  expect(revealed(headers).texts['authorization']).toBe('two')
  const short = { a: Secret.value('one'), b: Secret.value('one "1"'), c: Secret.value('') }
  expect(revealed(short).secrets).toEqual(['one \\"1\\"', 'one "1"', 'one'])
  vi.unstubAllEnvs()
  expect(() => revealed(headers)).toThrow('RETINUE_SECRET_REFUSED')
})
