import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { openRoot, Root } from '../src/root.ts'
import { writeFile } from '../src/write.ts'
import { testConfinement } from './confinement.ts'
import { asNobody } from './nobody.ts'
import { makeTree } from './tree.ts'

testConfinement()

test('a root may itself be reached by a link', async () => {
  const { at } = makeTree({ 'real/a.txt': 'text' })
  symlinkSync('real', at('link'))
  const root = await openRoot(at('link'))
  await using file = await root.openFile('a.txt')
  expect(file.path).toBe('a.txt')
})

test('a root that is no folder is said to be a matter of the config', async () => {
  const { at } = makeTree({ 'a.txt': 'text' })
  for (const folder of [at('none'), at('a.txt'), '']) {
    await expect(openRoot(folder)).rejects.toThrow("set 'root' in the config 'workspace'")
  }
})

test('the whole file system may be the root', async () => {
  const { at } = makeTree({ 'a.txt': 'text' })
  await using file = await (await openRoot('/')).openFile(at('a.txt').slice(1))
  expect(file.path).toBe(at('a.txt').slice(1))
})

test('names that look like a way up are names', async () => {
  const { root } = makeTree({ '..a': 'text', '...': 'text', 'b../c': 'text', '~': 'text' })
  for (const path of ['..a', '...', 'b../c', '~']) {
    await using file = await root.openFile(path)
    expect(file.path).toBe(path)
  }
})

test('an ü is found however it is put together, and nothing new is made beside it', async () => {
  const [one, two] = ['Über/Größe.md'.normalize('NFC'), 'Über/Größe.md'.normalize('NFD')]
  for (const [there, asked] of [
    [one, two],
    [two, one],
  ] as const) {
    const { root, at } = makeTree({ [there]: 'text' })
    await using file = await root.openFile(asked)
    expect(file.path).toBe(there)
    await writeFile(root, asked, 'new', { maxBytes: 9 })
    await writeFile(root, asked.replace('md', 'txt'), 'new', { maxBytes: 9 })
    expect(readdirSync(at(''))).toEqual([there.split('/')[0]])
    expect(readdirSync(at(dirname(there)))).toHaveLength(2)
    await expect(root.openFile(`${asked}x`)).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_MISSING' })
  }
})

test('a folder beside the root whose name begins with that of the root is outside', async () => {
  const { root, at } = makeTree()
  mkdirSync(`${at('')}-too`)
  symlinkSync('../root-too', at('link'))
  await expect(root.openFolder('link')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_OUTSIDE' })
})

test('what is excluded is excluded with all below it, and by the folders that a glob names', () => {
  const root = new Root('/', ['secrets/**', '*.pem', 'a/private'])
  for (const path of ['secrets', 'secrets/x', 'b/c.pem', 'c.PEM', 'a/private/deep/x', 'dir.pem/x']) {
    expect(root.excludes(path), path).toBe(true)
  }
  for (const path of ['', 'a', 'b/secrets', 'pem', 'b/a/private'])
    expect(root.excludes(path), path).toBe(false)
})

test('folders are made with those above them, and what is there already is taken', async () => {
  const { root, at } = makeTree({ 'a/x.txt': 'text' })
  await using folder = await root.makeFolder('a/b/c')
  await using again = await root.makeFolder('a/b/c')
  expect([folder.path, again.path]).toEqual(['a/b/c', 'a/b/c'])
  expect(readdirSync(at('a'))).toEqual(['b', 'x.txt'])
})

test('a folder that was moved while it was open says so', async () => {
  const { root, at } = makeTree({ 'a/x': '' })
  await using folder = await root.openFolder('a')
  await folder.verify()
  renameSync(at('a'), at('b'))
  await expect(folder.verify()).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_CHANGED' })
})

test('a file in the way of a folder is named', async () => {
  const { root } = makeTree({ 'a.txt': 'text' })
  await expect(writeFile(root, 'a.txt/b', '', { maxBytes: 9 })).rejects.toThrow(
    "'a.txt' is a file, not a folder",
  )
})

test('what the operating system forbids is said without its words', async () => {
  const { root, at } = makeTree({ 'closed/a.txt': 'text', 'fixed.txt': 'text', 'shut.txt': 'text' })
  chmodSync(at('..'), 0o755)
  chmodSync(at('closed'), 0o000)
  chmodSync(at('shut.txt'), 0o000)
  chmodSync(at('fixed.txt'), 0o444)
  chmodSync(at(''), 0o555)
  await asNobody(async () => {
    for (const open of [
      () => root.openFolder('closed'),
      () => root.openFile('closed/a.txt'),
      () => root.openFile('shut.txt'),
      () => root.openFile('fixed.txt', 'write'),
      () => root.makeFolder('new'),
    ]) {
      await expect(open()).rejects.toThrow(
        /^\[RETINUE_WORKSPACE_DENIED\] The operating system gives no access to '/,
      )
    }
    await using file = await root.openFile('fixed.txt')
    expect(file.path).toBe('fixed.txt')
  })
  for (const path of ['', 'closed']) chmodSync(at(path), 0o755) // so that they can go
})

test('open files are closed again, whether they were given out or refused', async () => {
  const { root, at } = makeTree({ 'a.txt': 'text' })
  execFileSync('mkfifo', [at('pipe')])
  const count = (): number => readdirSync('/dev/fd').length
  const before = count()
  for (let i = 0; i < 50; i++) {
    await using file = await root.openFile('a.txt')
    expect(file.path).toBe('a.txt')
    await root.openFile('pipe').catch(() => {})
    await root.openFolder('a.txt').catch(() => {})
    await writeFile(root, 'pipe', '', { maxBytes: 9 }).catch(() => {})
  }
  expect(count()).toBeLessThanOrEqual(before + 2)
})
