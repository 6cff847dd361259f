// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { expectTypeOf, test } from 'vitest'
import '../src/index.ts'
import { RecentFiles } from '../src/index.ts'

declare const session: ChatSession

test('importing the package types dot access to what it brings', () => {
  expectTypeOf(session.config.workspace.root).toEqualTypeOf<string>()
  expectTypeOf(session.config.workspace.exclude).toEqualTypeOf<readonly string[]>()
  expectTypeOf(session.sections.workspace.showChanged).toEqualTypeOf<boolean>()
  expectTypeOf(session.context.recentFiles).toExtend<RecentFiles>()
  expectTypeOf(session.context.$get(RecentFiles).changed).toEqualTypeOf<string[]>()
  session.tools.push('workspace')
})

test('recent files are replaced, never changed inside', () => {
  const { recentFiles } = session.context
  recentFiles.files = [...recentFiles.files, { path: 'a', action: 'read' }]
  // @ts-expect-error a list of an item is read-only
  recentFiles.files.push({ path: 'a', action: 'read' })
  // @ts-expect-error there is no such action
  recentFiles.files = [{ path: 'a', action: 'eaten' }]
})

test('a field that the config does not have is an error', () => {
  // @ts-expect-error there is no such field
  void session.config.workspace.folder
})
