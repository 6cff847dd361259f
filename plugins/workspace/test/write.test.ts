import { chmodSync, chownSync, linkSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { writeFile } from '../src/write.ts'
import { asNobody } from './nobody.ts'
import { makeTree, type Tree } from './tree.ts'

async function write({ root }: Tree, path: string, text: string, options: object = {}): Promise<string> {
  return (await writeFile(root, path, text, { maxBytes: 1000, ...options })).text
}

test('a new file is created with the folders above it, an old one replaced, and each is said', async () => {
  const tree = makeTree()
  expect(await write(tree, 'a/b/c.txt', 'é')).toBe("Created 'a/b/c.txt' (2 bytes).")
  expect(await write(tree, './a//b/c.txt', '')).toBe("Replaced 'a/b/c.txt' (0 bytes).")
  expect(readFileSync(tree.at('a/b/c.txt'), 'utf8')).toBe('')
  expect(readdirSync(tree.at('a/b'))).toEqual(['c.txt'])
})

test('a text is written byte for byte', async () => {
  const tree = makeTree({ a: 'x\r\n' })
  const text = '\uFEFFone\r\ntwo\n\n😀 é'
  await write(tree, 'a', text)
  expect(readFileSync(tree.at('a'), 'utf8')).toBe(text)
})

test('half of a character is refused, since it would be saved as another one', async () => {
  const tree = makeTree({ a: 'before' })
  await expect(write(tree, 'a', 'x\uD83D')).rejects.toThrow("The text for 'a' has half of a character in it")
  expect(readFileSync(tree.at('a'), 'utf8')).toBe('before')
})

test('a file keeps its mode, and a new one has the usual one', async () => {
  const tree = makeTree({ run: '#!/bin/sh', secret: '' })
  chmodSync(tree.at('run'), 0o755)
  chmodSync(tree.at('secret'), 0o600)
  for (const path of ['run', 'secret', 'new']) await write(tree, path, 'text')
  const mode = (path: string): number => statSync(tree.at(path)).mode & 0o777
  expect([mode('run'), mode('secret'), mode('new')]).toEqual([0o755, 0o600, 0o666 & ~process.umask()])
})

test('a file keeps its owner, and no right to run as somebody else', async () => {
  const tree = makeTree({ a: '' })
  if (process.getuid?.() === 0) chownSync(tree.at('a'), 1234, 2345)
  chmodSync(tree.at('a'), 0o6755)
  const { uid, gid } = statSync(tree.at('a'))
  await write(tree, 'a', 'text')
  expect(statSync(tree.at('a'))).toMatchObject({ uid, gid })
  expect(statSync(tree.at('a')).mode & 0o7777).toBe(0o755)
})

test('what somebody has open, or has linked from elsewhere, stays whole', async () => {
  const tree = makeTree({ a: 'before' })
  linkSync(tree.at('a'), tree.beside('hard'))
  await write(tree, 'a', 'after')
  expect(readFileSync(tree.beside('hard'), 'utf8')).toBe('before')
})

test('a link stays a link, and its target is written', async () => {
  const tree = makeTree({ 'a/b': 'x' })
  symlinkSync('a/b', tree.at('link'))
  expect(await write(tree, 'link', 'y')).toBe("Replaced 'a/b' (1 byte).")
  expect(readFileSync(tree.at('link'), 'utf8')).toBe('y')
  expect(readdirSync(tree.at(''))).toEqual(['a', 'link'])
})

test('a link to nothing gives way to the file', async () => {
  const tree = makeTree()
  symlinkSync(tree.beside('new.txt'), tree.at('link'))
  expect(await write(tree, 'link', 'y')).toBe("Created 'link' (1 byte).")
  expect(statSync(tree.at('link')).isFile()).toBe(true)
  expect(readdirSync(tree.beside(''))).toEqual(['secret.txt'])
})

test('new folders are not made through a link that leads out', async () => {
  const tree = makeTree()
  symlinkSync(tree.beside(''), tree.at('out'))
  await expect(write(tree, 'out/new/file', '')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_OUTSIDE' })
  expect(readdirSync(tree.beside(''))).toEqual(['secret.txt'])
})

test('nothing is written into .git, which would be run, nor where sessions are kept', async () => {
  const tree = makeTree({ '.git/config': '', 'a/.git': 'gitdir: x' })
  symlinkSync('.git', tree.at('link'))
  for (const path of [
    '.git/config',
    '.git/hooks/pre-commit',
    'a/.git',
    '.GIT/x',
    'link/config',
    'b/.git/x',
    'link/hooks/new',
    'link/new',
    '.retinue/sessions.db',
    'a/.Retinue/x',
  ]) {
    await expect(write(tree, path, 'x'), path).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_REFUSED' })
  }
  expect(await write(tree, '.github/x.yml', '')).toContain('Created')
  expect(readdirSync(tree.at(''), { recursive: true, encoding: 'utf8' }).sort()).toEqual([
    '.git',
    '.git/config',
    '.github',
    '.github/x.yml',
    'a',
    'a/.git',
    'link',
    'link/config',
  ])
})

test('a new name must be one that every system can keep; an old one need not', async () => {
  const tree = makeTree({ 'aux.c': '' })
  for (const path of ['con', 'a:b', 'a.', 'nul.txt', 'lpt1/x', 'a\\b', 'new /x']) {
    await expect(write(tree, path, ''), path).rejects.toThrow('Choose a name that every system can keep.')
  }
  expect(await write(tree, 'aux.c', 'x')).toContain('Replaced')
  expect(readdirSync(tree.at(''))).toEqual(['aux.c'])
})

test('folders are not files', async () => {
  const tree = makeTree({ 'a/b': '' })
  for (const path of ['a', '', '.', 'a/']) {
    await expect(write(tree, path, ''), path).rejects.toThrow('is a folder, not a file')
  }
})

test('a text that is too long is refused, counted in bytes', async () => {
  const tree = makeTree()
  await expect(write(tree, 'a', 'é'.repeat(501))).rejects.toThrow(
    "The text for 'a' has 1,002 bytes; 1,000 bytes can be written.",
  )
  expect(await write(tree, 'a', 'é'.repeat(500))).toContain('Created')
})

test('a text of the wrong size has its own code', async () => {
  const tree = makeTree()
  await expect(write(tree, 'a', 'x'.repeat(1001))).rejects.toMatchObject({
    code: 'RETINUE_WORKSPACE_TOO_LARGE',
  })
})

test('an abort before the end leaves what was there, and no draft', async () => {
  const tree = makeTree({ a: 'before' })
  const reason = new Error('enough')
  await expect(write(tree, 'a', 'after', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(readFileSync(tree.at('a'), 'utf8')).toBe('before')
  expect(readdirSync(tree.at(''))).toEqual(['a'])
})

test('a file that may not be written is not replaced either, though its folder may be', async () => {
  const tree = makeTree({ 'open/fixed': 'before' })
  chmodSync(tree.at('..'), 0o755)
  chmodSync(tree.at('open'), 0o777)
  chmodSync(tree.at('open/fixed'), 0o444)
  await asNobody(async () => {
    await expect(write(tree, 'open/fixed', 'after')).rejects.toMatchObject({
      code: 'RETINUE_WORKSPACE_DENIED',
    })
    expect(await write(tree, 'open/new', 'x')).toContain('Created')
  })
  expect(readFileSync(tree.at('open/fixed'), 'utf8')).toBe('before')
})

test('nobody ever reads half of what is written', async () => {
  const tree = makeTree({ a: 'a'.repeat(300_000) })
  const bounds = { maxBytes: 1_000_000 }
  const writing = (async () => {
    for (const letter of 'bcdefghi') await write(tree, 'a', letter.repeat(300_000), bounds)
    return 'done'
  })()
  for (let state = ''; state !== 'done'; state = await Promise.race([writing, soon()])) {
    const text = readFileSync(tree.at('a'), 'utf8')
    expect(text === text[0]!.repeat(300_000)).toBe(true)
  }
})

function soon(): Promise<string> {
  return new Promise((resolve) => setImmediate(resolve, 'soon'))
}

test('many files can be written at once into a folder that is not there yet', async () => {
  const tree = makeTree()
  await Promise.all(Array.from({ length: 30 }, (_, i) => write(tree, `new/deep/${i}`, String(i))))
  expect(readdirSync(tree.at('new/deep'))).toHaveLength(30)
})
