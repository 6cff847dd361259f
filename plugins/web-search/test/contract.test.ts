import { scriptedFetch, testPlugin } from '@retinue/testing'
import { afterAll, test } from 'vitest'
import { plugin } from '../src/web-search.ts'

const web = scriptedFetch([{ json: { query: { pages: [] } } }]).install()
afterAll(() => web[Symbol.dispose]())

testPlugin({
  test,
  plugin,
  entry: new URL('../src/index.ts', import.meta.url),
  calls: { web_search: { query: 'tides' } },
})
