import { expect, test } from 'vitest'
import { walk } from '../src/walk.ts'
import { makeTree } from './tree.ts'

test('others have their turn while the files of a large folder are gone through', async () => {
  const names = Array.from({ length: 1500 }, (_, i) => [`${i}.txt`, ''])
  const { root } = makeTree(Object.fromEntries(names) as Record<string, string>)
  const files = walk(root, '')
  await files.next() // the folder is read
  let turns = 0
  setImmediate(() => turns++)
  while ((await files.next()).done !== true);
  expect(turns).toBe(1)
})
