// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'

declare const session: ChatSession

test('settings and pages are typed', () => {
  session.user.config.webFetch.allowHosts = ['*.example.com']
  session.context.webPages.pages[0]?.status satisfies number | undefined
  // @ts-expect-error hosts are a list
  session.user.config.webFetch.allowHosts = 'example.com'
})
