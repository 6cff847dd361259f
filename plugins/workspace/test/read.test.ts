import { appendFileSync, closeSync, openSync, truncateSync, writeSync } from 'node:fs'
import { expect, test } from 'vitest'
import { linesOf, maxLineLength } from '../src/lines.ts'
import { maxShownLength, readPage } from '../src/read.ts'
import { makeTree, type Tree } from './tree.ts'

async function read({ root }: Tree, path: string, options: object = {}): Promise<string> {
  return (await readPage(root, path, { limit: 500, maxBytes: 1_000_000, ...options })).text
}

test('a file comes with its path, its number of lines, and a number before each', async () => {
  const tree = makeTree({ 'src/a.ts': 'one\n\n\tthree\n' })
  expect(await read(tree, './src//a.ts')).toBe('src/a.ts: 3 lines\n1\tone\n2\t\n3\t\tthree')
})

test('a last line without an end is a line like the others', async () => {
  const tree = makeTree({ a: 'x\ny', b: 'x\ny\n', c: '\n', d: '\n\n' })
  expect(await read(tree, 'a')).toBe('a: 2 lines\n1\tx\n2\ty')
  expect(await read(tree, 'b')).toBe('b: 2 lines\n1\tx\n2\ty')
  expect(await read(tree, 'c')).toBe('c: 1 line\n1\t')
  expect(await read(tree, 'd')).toBe('d: 2 lines\n1\t\n2\t')
})

test('an empty file is called empty', async () => {
  const tree = makeTree({ a: '', bom: '\uFEFF' })
  expect(await read(tree, 'a')).toBe('a: empty')
  expect(await read(tree, 'bom')).toBe('bom: empty')
})

test('a long file comes page by page', async () => {
  const tree = makeTree({ a: Array.from({ length: 1234 }, (_, i) => `line ${i + 1}\n`).join('') })
  const first = await read(tree, 'a', { limit: 200 })
  expect(first.split('\n')[0]).toBe('a: lines 1–200 of 1,234; continue with offset 201')
  expect(first.split('\n').at(-1)).toBe('200\tline 200')
  const last = await read(tree, 'a', { limit: 200, offset: 1201 })
  expect(last).toMatch(/^a: lines 1,201–1,234 of 1,234\n1201\tline 1201\n/)
  await expect(read(tree, 'a', { offset: 1235 })).rejects.toThrow('There are only 1,234 lines.')
})

test('carriage returns and a byte order mark are not shown', async () => {
  const tree = makeTree({ a: '\uFEFFone\r\ntwo\r\n' })
  expect(await read(tree, 'a')).toBe('a: 2 lines\n1\tone\n2\ttwo')
})

test('a long line is cut, and says how long it is', async () => {
  const tree = makeTree({ a: `${'x'.repeat(12_345)}\nshort`, b: 'x'.repeat(maxShownLength) })
  const text = await read(tree, 'a')
  expect(text).toBe(
    `a: 2 lines\n1\t${'x'.repeat(maxShownLength)}… [cut: the line has 12,345 characters]\n2\tshort`,
  )
  expect(await read(tree, 'b')).not.toContain('cut')
})

test('a cut never halves a character', async () => {
  const tree = makeTree({ a: 'x' + '😀'.repeat(maxShownLength) })
  const text = await read(tree, 'a')
  expect(Buffer.from(text).toString()).toBe(text) // half a character would come back as U+FFFD
})

test('characters are whole wherever a batch of bytes ends', async () => {
  const line = 'aé日😀'
  for (const shift of [0, 1, 2, 3, 4, 5]) {
    const tree = makeTree({ a: `${'x'.repeat(shift)}\n${`${line}\n`.repeat(20_000)}` })
    const text = await read(tree, 'a', { offset: 13_000, limit: 500 })
    expect(
      text
        .split('\n')
        .slice(1)
        .every((each) => each.endsWith(`\t${line}`)),
    ).toBe(true)
  }
})

test('what is no UTF-8 text is refused with its size, wherever it shows', async () => {
  const late = Buffer.concat([Buffer.from('text\n'.repeat(100_000)), Buffer.from([0xff])])
  const tree = makeTree({
    nul: 'a\0b',
    latin: Buffer.from('caf\xe9', 'latin1'),
    utf16: Buffer.from('\uFEFFtext', 'utf16le'),
    half: Buffer.from('é').subarray(0, 1),
    surrogate: Buffer.from([0xed, 0xa0, 0x80]),
    png: Buffer.from('89504e470d0a1a0a', 'hex'),
    late,
  })
  for (const path of ['nul', 'latin', 'utf16', 'half', 'surrogate', 'png', 'late']) {
    await expect(read(tree, path), path).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_BINARY' })
  }
  await expect(read(tree, 'late')).rejects.toThrow(
    "'late' is no UTF-8 text (500.0 kB). These tools work on text only",
  )
})

test('a large file can be paged through, without being read to its end for a count', async () => {
  const tree = makeTree()
  const file = openSync(tree.at('big.log'), 'w')
  writeSync(file, 'x\n'.repeat(500_000))
  closeSync(file)
  truncateSync(tree.at('big.log'), 4_000_000_000) // what follows are NULs: nobody may come so far
  const text = await read(tree, 'big.log', { limit: 2 })
  expect(text.split('\n')[0]).toBe(
    'big.log: lines 1–2; continue with offset 3; the file has 4.0 GB: search in it, and read around what is found',
  )
  expect(await read(tree, 'big.log', { limit: 1, offset: 400_000 })).toMatch(/lines 400,000–400,000; /)
})

test('a line without end is kept only in part', async () => {
  const tree = makeTree({ a: `${'x'.repeat(5_000_000)}\nnext` })
  await using file = await tree.root.openFile('a')
  const lines: string[] = []
  for await (const batch of linesOf(file)) lines.push(...batch)
  expect(lines.map((line) => line.length)).toEqual([maxLineLength, 4])
  expect(await read(tree, 'a')).toContain('[cut: the line has more than 1,000,000 characters]\n2\tnext')
})

test('a file that grows is read up to where it ended, and one that shrinks up to where it ends', async () => {
  const tree = makeTree({ a: 'x\n'.repeat(100_000), b: 'x\n'.repeat(100_000) })
  const count = async (path: string, change: () => void): Promise<number> => {
    await using file = await tree.root.openFile(path)
    let lines = 0
    for await (const batch of linesOf(file)) {
      if (lines === 0) change()
      lines += batch.length
    }
    return lines
  }
  expect(await count('a', () => appendFileSync(tree.at('a'), 'more\n'))).toBe(100_000)
  expect(await count('b', () => truncateSync(tree.at('b'), 100_000))).toBe(50_000)
})

test('an abort stops the reading', async () => {
  const tree = makeTree({ a: 'x\n'.repeat(100_000) })
  const reason = new Error('enough')
  await expect(read(tree, 'a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})

test('names of any script work, and a line break in a name does not break the answer', async () => {
  const tree = makeTree({ 'ü/日本 😀.txt': 'text', 'a\nb': 'text' })
  expect(await read(tree, 'ü/日本 😀.txt')).toBe('ü/日本 😀.txt: 1 line\n1\ttext')
  expect(await read(tree, 'a\nb')).toBe('"a\\nb": 1 line\n1\ttext')
})
