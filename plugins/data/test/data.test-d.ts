// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'

declare const session: ChatSession

test('settings and what is known of files are typed, the root of the workspace with them', () => {
  session.user.config.data.timeoutMs = 1000
  session.user.config.workspace.root = 'data'
  session.context.dataFiles.files[0]?.tables[0]?.rows satisfies number | undefined
  session.sections.data.showFiles = false
  // @ts-expect-error a time is a number
  session.user.config.data.timeoutMs = '1 s'
})
