// What the types promise to whoever imports the package.
import { type ChatSession, Secret } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'

declare const session: ChatSession

test('settings and results are typed', () => {
  session.user.config.webSearch.engine = 'searxng'
  session.user.config.webSearch.apiKey = Secret.env('SEARCH_KEY')
  session.context.searchResults.results[0]?.url satisfies string | undefined
  session.context.searchResults.isEmpty satisfies boolean
  // @ts-expect-error there is no such engine
  session.user.config.webSearch.engine = 'altavista'
  // @ts-expect-error a key is a reference, never a text
  session.user.config.webSearch.apiKey = 'k-123'
})
