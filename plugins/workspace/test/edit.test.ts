import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { editFile } from '../src/edit.ts'
import { makeTree, type Tree } from './tree.ts'

async function edit(
  { root }: Tree,
  path: string,
  from: string,
  to: string,
  options: object = {},
): Promise<string> {
  const { all, ...bounds } = { all: false, maxBytes: 1000, ...options }
  return (await editFile(root, path, { old: from, new: to, all }, bounds)).text
}

test('an edit says what it replaced, and where', async () => {
  const tree = makeTree({ a: 'x\ny\nx\n' })
  expect(await edit(tree, 'a', 'y', 'z')).toBe("Replaced 1 passage in 'a': line 2.")
  expect(await edit(tree, './a', 'x', 'y', { all: true })).toBe("Replaced 2 passages in 'a': lines 1, 3.")
  expect(readFileSync(tree.at('a'), 'utf8')).toBe('y\nz\ny\n')
})

test('line ends, byte order mark and mode stay', async () => {
  const tree = makeTree({ a: '\uFEFFone\r\ntwo\r\n' })
  chmodSync(tree.at('a'), 0o750)
  await edit(tree, 'a', 'one\ntwo', '1\n2\n3')
  expect(readFileSync(tree.at('a'), 'utf8')).toBe('\uFEFF1\r\n2\r\n3\r\n')
  expect(statSync(tree.at('a')).mode & 0o777).toBe(0o750)
})

test('an edit that does not come about leaves the file untouched', async () => {
  const tree = makeTree({ a: 'x x' })
  const { ino, mtimeMs } = statSync(tree.at('a'))
  await expect(edit(tree, 'a', 'x', 'y')).rejects.toThrow('2 times')
  await expect(edit(tree, 'a', 'z', 'y')).rejects.toThrow('not in')
  expect(statSync(tree.at('a'))).toMatchObject({ ino, mtimeMs })
  expect(readdirSync(tree.at(''))).toEqual(['a'])
})

test('large files and files that are no text are not edited', async () => {
  const tree = makeTree({ large: 'x'.repeat(1001), bin: 'x\0', half: Buffer.from([0x78, 0xe2]) })
  await expect(edit(tree, 'large', 'x', 'y')).rejects.toThrow(
    'has 1,001 bytes; files up to 1,000 bytes can be edited.',
  )
  await expect(edit(tree, 'bin', 'x', 'y')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_BINARY' })
  await expect(edit(tree, 'half', 'x', 'y')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_BINARY' })
})

test('an edit that would leave half of a character is refused', async () => {
  const tree = makeTree({ a: 'x😀y' })
  await expect(edit(tree, 'a', '\uD83D', 'z')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_INPUT' })
  await expect(edit(tree, 'a', 'x', '\uDE00')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_INPUT' })
  expect(readFileSync(tree.at('a'), 'utf8')).toBe('x😀y')
})

test('nothing in .git is edited', async () => {
  const tree = makeTree({ '.git/config': 'x' })
  await expect(edit(tree, '.git/config', 'x', 'y')).rejects.toMatchObject({
    code: 'RETINUE_WORKSPACE_REFUSED',
  })
})

test('edits of one file at the same time all arrive', async () => {
  const names = Array.from({ length: 30 }, (_, i) => `<${i}>`)
  const tree = makeTree({ a: names.join('\n') })
  await Promise.all(
    names.map((name) => edit(tree, 'a', name, name.toUpperCase().replace('<', '[').replace('>', ']'))),
  )
  expect(readFileSync(tree.at('a'), 'utf8')).toBe(names.map((_, i) => `[${i}]`).join('\n'))
  expect(readdirSync(tree.at(''))).toEqual(['a'])
})

test('what others write in the midst of an edit is not lost', async () => {
  const tree = makeTree({ a: 'mine\n' })
  let theirs = 0
  const clock = setInterval(() => writeFileSync(tree.at('a'), `theirs ${++theirs}\n`, { flag: 'a' }), 25)
  for (let i = 0; i < 30; i++)
    await edit(tree, 'a', i % 2 ? 'MINE' : 'mine', i % 2 ? 'mine' : 'MINE', { maxBytes: 1e6 })
  clearInterval(clock)
  const lines = readFileSync(tree.at('a'), 'utf8').trimEnd().split('\n')
  expect(lines).toEqual(['mine', ...Array.from({ length: theirs }, (_, i) => `theirs ${i + 1}`)])
})

test('an edit gives up when the file never stays as it was read', async () => {
  const tree = makeTree({ a: 'x' })
  let reads = 0
  const replacement = {
    get old() {
      writeFileSync(tree.at('a'), `x${++reads}`)
      return 'x'
    },
    new: 'y',
  }
  const editing = editFile(tree.root, 'a', replacement, { maxBytes: 1000 })
  await expect(editing).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_CHANGED' })
  expect(readFileSync(tree.at('a'), 'utf8')).toBe(`x${reads}`)
  expect(readdirSync(tree.at(''))).toEqual(['a'])
})

test('a file that goes away in the midst of an edit does not come back', async () => {
  const tree = makeTree({ a: 'x' })
  const editing = edit(tree, 'a', 'x', 'y')
  rmSync(tree.at('a'))
  await expect(editing).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_MISSING' })
  expect(readdirSync(tree.at(''))).toEqual([])
})

test('an abort ends an edit', async () => {
  const tree = makeTree({ a: 'x' })
  const reason = new Error('enough')
  await expect(edit(tree, 'a', 'x', 'y', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(readFileSync(tree.at('a'), 'utf8')).toBe('x')
})
