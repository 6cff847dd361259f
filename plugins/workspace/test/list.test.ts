import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { listPage } from '../src/list.ts'
import { makeTree } from './tree.ts'

test('a folder comes in the order of its names, folders with a slash, files with their size', async () => {
  const { root } = makeTree({ 'b.txt': 'x'.repeat(1500), 'B.txt': 'x', 'a/c.txt': '', '.env': '' })
  expect(await listPage(root, '', { limit: 100 })).toBe(
    'The root: 4 entries\n.env (0 bytes)\nB.txt (1 byte)\na/\nb.txt (1.5 kB)',
  )
  expect(await listPage(root, 'a', { limit: 100 })).toBe('a: 1 entry\nc.txt (0 bytes)')
})

test('links and what else is no file are named as such, wherever they lead', async () => {
  const { root, at, beside } = makeTree()
  symlinkSync(beside('secret.txt'), at('link'))
  symlinkSync('nowhere', at('dangling'))
  execFileSync('mkfifo', [at('pipe')])
  expect(await listPage(root, '', { limit: 100 })).toBe(
    'The root: 3 entries\ndangling (a link)\nlink (a link)\npipe (a pipe)',
  )
})

test('an empty folder has no entries', async () => {
  const { root } = makeTree()
  expect(await listPage(root, '.', { limit: 100 })).toBe('The root: 0 entries')
})

test('what the config excludes is not there', async () => {
  const { root } = makeTree({ 'a/.env': '', 'a/b': '' }, ['.env'])
  expect(await listPage(root, 'a', { limit: 100 })).toBe('a: 1 entry\nb (0 bytes)')
})

test('a long folder comes page by page', async () => {
  const { root, at } = makeTree()
  for (let i = 0; i < 1000; i++) writeFileSync(at(String(i).padStart(4, '0')), '')
  expect(await listPage(root, '', { limit: 2, offset: 3 })).toBe(
    'The root: entries 3–4 of 1,000; continue with offset 5\n0002 (0 bytes)\n0003 (0 bytes)',
  )
  await expect(listPage(root, '', { limit: 2, offset: 1001 })).rejects.toThrow(
    'There are only 1,000 entries.',
  )
})

test('a name can not forge a line', async () => {
  const { root, at } = makeTree()
  mkdirSync(at('a\nThe root: 0 entries'))
  expect(await listPage(root, '', { limit: 2 })).toBe('The root: 1 entry\n"a\\nThe root: 0 entries"/')
})

test('names that are no text can be listed, though not reached', async () => {
  const { root, at } = makeTree({ a: '' })
  writeFileSync(Buffer.concat([Buffer.from(at('')), Buffer.from([0x2f, 0xff])]), '')
  expect(await listPage(root, '', { limit: 9 })).toBe(
    "The root: 2 entries\na (0 bytes)\n\uFFFD (can't be reached)",
  )
})
