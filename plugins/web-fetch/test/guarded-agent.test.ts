import { globSync, readFileSync } from 'node:fs'
import { fetch } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { guardedAgent, type Resolve } from '../src/guarded-agent.ts'
import { serve } from './a-server.ts'

const refused = { cause: { code: 'RETINUE_WEB_FETCH_PRIVATE' } }

function ask(address: string, resolve: Resolve) {
  const dispatcher = guardedAgent({ privateHosts: [], resolve })
  onTestFinished(() => dispatcher.destroy())
  return fetch(address, { dispatcher })
}

test('a name that leads to a private address is refused, also where only one of its addresses is', async () => {
  const { host, asked } = await serve({ '/': 'secret' })
  const port = host.split(':')[1]
  const addresses = [
    { address: '8.8.8.8', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]
  await expect(ask(`http://public.example:${port}/`, async () => addresses)).rejects.toMatchObject(refused)
  expect(asked).toEqual([])
})

test('a name that changes between two requests is looked at each time', async () => {
  const { host, asked } = await serve({ '/': 'secret' })
  const port = host.split(':')[1]
  let times = 0
  const resolve: Resolve = async () => {
    times++
    return [{ address: '127.0.0.1', family: 4 }]
  }
  await expect(ask(`http://a.example:${port}/`, resolve)).rejects.toMatchObject(refused)
  await expect(ask(`http://a.example:${port}/`, resolve)).rejects.toMatchObject(refused)
  expect([times, asked]).toEqual([2, []])
})

test('an address that changes between the look and the connection is refused on the connection', async () => {
  const { host, asked } = await serve({ '/': 'secret' })
  let looks = 0
  const turncoat = {
    family: 4,
    get address() {
      return looks++ === 0 ? '8.8.8.8' : '127.0.0.1'
    },
  }
  await expect(
    ask(`http://public.example:${host.split(':')[1]}/`, async () => [turncoat]),
  ).rejects.toMatchObject(refused)
  expect([looks > 1, asked]).toEqual([true, []])
})

test('a name without an address is an error', async () => {
  await expect(ask('http://nowhere.example/', async () => [])).rejects.toThrow('fetch failed')
})

test('undici is imported by its file, since Bun has a stand-in for its name, which knows nothing of agents', () => {
  const sources = globSync('../src/*.ts', { cwd: import.meta.dirname }).map((file) =>
    readFileSync(new URL(file, import.meta.url), 'utf8'),
  )
  expect(sources.filter((source) => source.includes("'undici'"))).toEqual([])
  expect(sources.filter((source) => source.includes("'undici/index.js'"))).toHaveLength(3)
})
