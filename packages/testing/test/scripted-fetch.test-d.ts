import { expectTypeOf, test } from 'vitest'
import { scriptedFetch } from '../src/index.ts'

test('a scripted fetch goes wherever a fetch is wanted', () => {
  expectTypeOf(scriptedFetch([])).toExtend<typeof fetch>()
  expectTypeOf(scriptedFetch([]).install()).toExtend<typeof fetch & Disposable>()
})

test('a script says what an answer can be', () => {
  scriptedFetch({ 'https://example.com': { json: [1] } })
  scriptedFetch([({ url }) => url.href, { body: ['a', new Uint8Array()] }])
  // @ts-expect-error a status is a number
  scriptedFetch([{ status: '200' }])
  // @ts-expect-error data is sent as `json`
  scriptedFetch({ 'https://example.com': [{ rates: [] }] })
})
