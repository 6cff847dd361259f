import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { readPage } from '../src/read.ts'
import { openRoot } from '../src/root.ts'
import { searchPage, type Query, type SearchOptions } from '../src/search.ts'
import { asNobody } from './nobody.ts'
import { makeTree, type Tree } from './tree.ts'

function search({ root }: Tree, query: Query, options: Partial<SearchOptions> = {}): Promise<string> {
  return searchPage(root, query, { limit: 100, timeoutMs: 20_000, ...options })
}

test('a glob gives the files that fit it, folder by folder, in the order of their names', async () => {
  const tree = makeTree({ 'b.ts': '', 'a/z.ts': '', 'a/b/c.ts': '', 'a.js': '', 'a-b.ts': '' })
  expect(await search(tree, { glob: '*.ts' })).toBe('4 files\na/b/c.ts\na/z.ts\na-b.ts\nb.ts')
  expect(await search(tree, { glob: 'a/*' })).toBe('1 file\na/z.ts')
})

test('a glob is meant from the folder that is searched', async () => {
  const tree = makeTree({ 'pack/src/a.ts': '', 'src/b.ts': '' })
  expect(await search(tree, { path: 'pack', glob: 'src/*.ts' })).toBe('1 file\npack/src/a.ts')
})

test('a text gives the lines that have it, with path and number', async () => {
  const tree = makeTree({ 'a.txt': 'one\ntwo one\nthree\n', 'b/c.txt': '  One\r\none\r\n' })
  expect(await search(tree, { text: 'one' })).toBe(
    '3 matches\na.txt:1: one\na.txt:2: two one\nb/c.txt:2: one',
  )
  expect(await search(tree, { text: 'one', ignoreCase: true, glob: 'b/**' })).toBe(
    '2 matches\nb/c.txt:1:   One\nb/c.txt:2: one',
  )
})

test('a plain text is no pattern', async () => {
  const tree = makeTree({ a: 'a.c(\nabc(\n$& \\d [x]{2}^|*+?' })
  expect(await search(tree, { text: 'a.c(' })).toBe('1 match\na:1: a.c(')
  expect(await search(tree, { text: '$& \\d [x]{2}^|*+?' })).toBe('1 match\na:3: $& \\d [x]{2}^|*+?')
})

test('a regular expression is tried on each line by itself', async () => {
  const tree = makeTree({ a: 'export class A {\nclass B\nexport function c()\n' })
  expect(await search(tree, { text: '^export (class|function) \\w+', regex: true })).toBe(
    '2 matches\na:1: export class A {\na:3: export function c()',
  )
  expect(await search(tree, { text: 'CLASS', regex: true, ignoreCase: true })).toContain('2 matches')
})

test('many at once by regular expressions have a few threads at a time', async () => {
  let most = 0
  let alive = 0
  const count = (worker: Worker): void => {
    most = Math.max(most, ++alive)
    worker.on('exit', () => alive--)
  }
  process.on('worker', count)
  onTestFinished(() => void process.off('worker', count))
  const tree = makeTree({ a: 'one\n' })
  const searches = Array.from({ length: 12 }, () => search(tree, { text: 'o.e', regex: true }))
  expect(new Set(await Promise.all(searches))).toEqual(new Set(['1 match\na:1: one']))
  expect(most).toBe(4)
})

test('a single file can be searched, and gives its own errors', async () => {
  const tree = makeTree({ 'a/b.txt': 'x\nneedle\n', 'a/c.bin': 'needle\0' })
  expect(await search(tree, { path: 'a/b.txt', text: 'needle' })).toBe('1 match\na/b.txt:2: needle')
  expect(await search(tree, { path: 'a/b.txt', text: 'needle', glob: '*.txt' })).toContain('1 match')
  await expect(search(tree, { path: 'a/c.bin', text: 'x' })).rejects.toMatchObject({
    code: 'RETINUE_WORKSPACE_BINARY',
  })
})

test('.git, node_modules and what sessions are kept in are passed by, unless the search begins there', async () => {
  const tree = makeTree({
    '.git/config': 'x',
    '.retinue/history': 'x',
    'a/node_modules/b/c.js': 'x',
    'a/d.js': 'x',
    '.github/e.yml': 'x',
  })
  expect(await search(tree, { text: 'x' })).toBe('2 matches\n.github/e.yml:1: x\na/d.js:1: x')
  expect(await search(tree, { path: 'a/node_modules', text: 'x' })).toBe(
    '1 match\na/node_modules/b/c.js:1: x',
  )
})

test('what the config excludes is not found', async () => {
  const { root } = makeTree({ 'a/secret/x': 'x', 'b.pem': 'x', c: 'x' }, ['secret', '*.pem'])
  expect(await searchPage(root, { text: 'x' }, { limit: 9, timeoutMs: 9000 })).toBe('1 match\nc:1: x')
})

test('files that are no text are passed by, and counted', async () => {
  const tree = makeTree({ a: 'x', b: 'x\0', c: Buffer.from([0x78, 0xff]) })
  expect(await search(tree, { text: 'x' })).toBe('1 match; passed by: 2 binary files\na:1: x')
})

test('links are not followed: what they lead to is found where it is, once, and not outside', async () => {
  const tree = makeTree({ 'a/b': 'SECRET' })
  symlinkSync('.', tree.at('a/circle'))
  symlinkSync('b', tree.at('a/link'))
  symlinkSync(tree.beside(''), tree.at('out'))
  symlinkSync(tree.beside('secret.txt'), tree.at('file'))
  expect(await search(tree, { text: 'SECRET' })).toBe('1 match\na/b:1: SECRET')
  expect(await search(tree, { path: 'a/circle', glob: '*' })).toBe('1 file\na/b')
})

test('matches come page by page, and the pages join', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 25 }, (_, i) => [`f${String(i).padStart(2, '0')}`, 'x\ny\nx\n']),
  )
  const tree = makeTree(files)
  const first = await search(tree, { text: 'x' }, { limit: 7 })
  expect(first.split('\n')[0]).toBe('matches 1–7; continue with offset 8')
  const all: string[] = []
  for (let offset = 1; offset <= 50; offset += 7) {
    all.push(...(await search(tree, { text: 'x' }, { limit: 7, offset })).split('\n').slice(1))
  }
  expect(all.join('\n')).toBe((await search(tree, { text: 'x' })).split('\n').slice(1).join('\n'))
  expect(await search(tree, { text: 'x' }, { limit: 7, offset: 50 })).toBe('matches 50–50 of 50\nf24:3: x')
  await expect(search(tree, { text: 'x' }, { offset: 51 })).rejects.toThrow('There are only 50 matches.')
})

test('nothing found says how much was searched', async () => {
  const tree = makeTree({ a: 'x', b: 'y' })
  expect(await search(tree, { text: 'z' })).toBe('Nothing found; 2 files searched')
  expect(await search(tree, { glob: '*.ts' })).toBe('Nothing found; 0 files searched')
})

test('a long line shows what is around its first match', async () => {
  const tree = makeTree({ a: `${'x'.repeat(50_000)}needle${'y'.repeat(50_000)}` })
  const line = (await search(tree, { text: 'needle' })).split('\n')[1]!
  expect(line.length).toBeLessThan(300)
  expect(line).toMatch(/^a:1: …x+needley+…$/)
})

test('a line without end is searched in its beginning, and that is said', async () => {
  const tree = makeTree({ a: `${'x'.repeat(2_000_000)}needle\nneedle` })
  expect(await search(tree, { text: 'needle' })).toBe(
    '1 match; 1 line searched only up to character 1,000,000\na:2: needle',
  )
})

test('a search for nothing, over a line break, or by a broken pattern is refused', async () => {
  const tree = makeTree({ a: 'x' })
  await expect(search(tree, {})).rejects.toThrow('Give a text, a glob, or both.')
  await expect(search(tree, { text: 'a\nb' })).rejects.toThrow('Search for the most telling of its lines.')
  await expect(search(tree, { text: '(', regex: true })).rejects.toThrow('Mend the regular expression')
})

test('a regular expression that means something else in JavaScript is refused, and not taken to be nowhere', async () => {
  const tree = makeTree({ a: 'Über 12\nfoo {\n' })
  const found = (text: string) => search(tree, { text, regex: true })
  for (const text of ['\\p{Lu}', '\\u{DC}ber', '[^\\n]{7}', 'foo \\{', 'foo {', 'f\\w+\\ {'])
    expect(await found(text), text).toContain('1 match')
  for (const text of ['\\AÜber', '12\\Z', '\\<foo\\>', '[[:digit:]]+', '\\h', '\\x{DC}', '\\p{Lu} {'])
    await expect(found(text), text).rejects.toThrow('regular expressions are those of JavaScript')
  for (const text of ['12\\nfoo', '12\\r', '(12\\r?\\n)+'])
    await expect(found(text), text).rejects.toThrow('lines are searched one by one')
})

test('a pattern that would run for ever is stopped, and the event loop goes on meanwhile', async () => {
  const tree = makeTree({ a: `${'a'.repeat(60)}!` })
  let ticks = 0
  const clock = setInterval(() => ticks++, 10)
  await expect(search(tree, { text: '(a+)+$', regex: true })).rejects.toThrow('takes too long')
  clearInterval(clock)
  expect(ticks).toBeGreaterThan(5) // about a hundred, and one or two where it is held up
})

test('a pattern that is too much for the engine is an error like others', async () => {
  const tree = makeTree({ a: 'xy'.repeat(500) })
  const text = '((((x?){99}){99}){99}){99}'
  await expect(search(tree, { text, regex: true })).rejects.toThrow(
    /regular expression (failed|takes too long)/,
  )
})

test('a search whose time is up answers with what it has, and how to narrow it', async () => {
  const tree = makeTree({ 'a/0': 'x', 'b/1': `${'a'.repeat(60)}!` })
  expect(await search(tree, { text: '^x|(a+)+$', regex: true }, { timeoutMs: 900 })).toBe(
    'matches 1–1; stopped before the end, since time was up: narrow the search by path or glob\na/0:1: x',
  )
  expect(await search(tree, { text: '(a+)+$', regex: true }, { timeoutMs: 100 })).toMatch(
    /^Nothing found; stopped before/,
  )
})

test('an abort stops a search in the midst of a file and of a pattern', async () => {
  const tree = makeTree({ a: `${'a'.repeat(60)}!`, b: 'x\n'.repeat(1_000_000) })
  const reason = new Error('enough')
  await expect(search(tree, { text: 'y' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const later = new AbortController()
  setTimeout(() => later.abort(reason), 100)
  await expect(search(tree, { text: '(a+)+$', regex: true }, { signal: later.signal })).rejects.toBe(reason)
})

test('folders and files that may not be read are passed by, and counted', async () => {
  const tree = makeTree({ 'closed/a': 'x', b: 'x', c: 'x' })
  chmodSync(tree.at('..'), 0o755)
  chmodSync(tree.at('closed'), 0o000)
  chmodSync(tree.at('b'), 0o000)
  await asNobody(async () => {
    expect(await search(tree, { text: 'x' })).toBe('1 match; passed by: 2 that could not be read\nc:1: x')
    await expect(search(tree, { path: 'closed', text: 'x' })).rejects.toMatchObject({
      code: 'RETINUE_WORKSPACE_DENIED',
    })
  })
  chmodSync(tree.at('closed'), 0o755)
})

// Linux has files that can be opened and not read: a network device without a speed answers EINVAL.
const unreadable = '/sys/class/net/lo'
test.skipIf(!existsSync(join(unreadable, 'speed')))(
  'a file that fails to be read does not end a search',
  async () => {
    const root = await openRoot(unreadable)
    expect(
      await searchPage(root, { text: 'lo', glob: '{speed,uevent}' }, { limit: 9, timeoutMs: 9000 }),
    ).toBe('1 match; passed by: 1 that could not be read\nuevent:1: INTERFACE=lo')
    await expect(readPage(root, 'speed', { limit: 9, maxBytes: 9000 })).rejects.toThrow(
      "The operating system failed on 'speed' (EINVAL).",
    )
  },
)

test('a tree that is deeper than paths may be long is searched as far as they reach', async () => {
  const tree = makeTree({ a: 'x' })
  const before = process.cwd()
  process.chdir(tree.at(''))
  for (let i = 0; i < 300; i++) {
    mkdirSync('deeper-and-deeper')
    process.chdir('deeper-and-deeper')
    if (i % 10 === 0) writeFileSync('b', 'x')
  }
  process.chdir(before)
  expect((await search(tree, { text: 'x' })).split('\n')[0]).toBe(
    '7 matches; passed by: 1 that could not be read',
  )
})

test('two searches of one tree give the same', async () => {
  const tree = makeTree()
  for (const name of ['é', 'e', 'Z', 'a', 'ä', '10', '9', '日', '😀', '_'])
    writeFileSync(join(tree.at(''), name), 'x')
  const once = await search(tree, { text: 'x' })
  expect(await search(tree, { text: 'x' })).toBe(once)
  expect(
    once
      .split('\n')
      .slice(1)
      .map((line) => line.split(':')[0]),
  ).toEqual(['10', '9', 'Z', '_', 'a', 'e', 'ä', 'é', '日', '😀'])
})
