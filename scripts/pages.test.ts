// Keeps the pages of docs/ true: the `ts` blocks of a page are one program in pieces, and each `text` block is what
// the piece before it prints. Every page's program is type-checked and run; `pnpm test -u` writes the outputs anew.
import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manifest } from '../packages/testing/src/plugin/checks/manifest.ts'
import { runProgram } from './run-program.ts'

const root = join(import.meta.dirname, '..')
const docs = join(root, 'docs')
// Inside of docs, so that programs find its dependencies.
const programs = join(docs, '.programs')
const mark = '\u0001'
const blocks = /(?<=^```ts\n).*?(?=^```$)/gms

// The table of errors shows what is wrong, in lines of their own; a page that shows no output has no program.
const pages = globSync('**/*.md', { cwd: docs, exclude: ['node_modules', 'reference', 'errors.md'] })
  .filter((page) => readFileSync(join(docs, page), 'utf8').includes('```text\n'))
  .toSorted()
const programOf = (page: string): string => join(programs, `${page.replaceAll('/', '-').slice(0, -3)}.ts`)

beforeAll(() => {
  mkdirSync(programs, { recursive: true })
  for (const page of pages) {
    const pieces = readFileSync(join(docs, page), 'utf8').match(blocks) ?? []
    writeFileSync(programOf(page), `${pieces.join(`console.log(${JSON.stringify(mark)})\n`)}\nexport {}\n`)
  }
})
afterAll(() => rmSync(programs, { recursive: true }))

test.each(pages)('docs/%s shows what its program prints', async (page) => {
  const printed = await runProgram([programOf(page)], root)
  const outputs = printed.split(`${mark}\n`)
  const written = readFileSync(join(docs, page), 'utf8')
  let piece = -1
  const shown = written.replace(/^```(ts|text)\n(.*?)^```$/gms, (block, language: string) => {
    if (language === 'ts') piece++
    return language === 'ts' ? block : `\`\`\`text\n${outputs[piece] ?? ''}\`\`\``
  })
  await expect(shown).toMatchFileSnapshot(join(docs, page))
})

test('the programs of all pages fit the types', async () => {
  const config = {
    extends: '../../tsconfig.test.json',
    include: ['*.ts'],
    // What the oldest Node that is supported has.
    compilerOptions: { tsBuildInfoFile: null, lib: ['es2023', 'es2024.string', 'esnext.disposable', 'dom'] },
  }
  writeFileSync(join(programs, 'tsconfig.json'), JSON.stringify(config))
  const tsc = [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', programs]
  const problems = await promisify(execFile)(process.execPath, tsc, { cwd: root }).then(
    () => '',
    (error: { readonly stdout: string }) => error.stdout,
  )
  expect(problems).toBe('')
})

test('the package.json on the page about publishing keeps the contract, of its sources too', () => {
  const page = readFileSync(join(docs, 'authoring', 'publishing.md'), 'utf8')
  const read = JSON.parse(/```json\n(.*?)```/s.exec(page)![1]!) as { name: string; version: string }
  const plugin = { ...read, contributes: [], replaces: [], file: undefined }
  const none = { folder: '/units', isPlugin: true, alongside: [], fixtures: '', calls: {} }
  for (const [entry, isBuilt] of [
    ['/units/dist/index.js', true],
    ['/units/src/index.ts', false],
  ] as const)
    expect(() => manifest.run({ plugin, entry, isBuilt, manifest: read, ...none })).not.toThrow()
})

test.each(['kernel', 'agent', 'store'])('the page on architecture names each room of the %s', (name) => {
  const page = readFileSync(join(docs, 'architecture.md'), 'utf8')
  const [section = ''] = page.split(`## The ${name}'s rooms`)[1]!.split('\n## ')
  const cells = section.match(/(?<=^\| )`[^|]*/gm) ?? []
  const named = cells.flatMap((cell) => cell.trim().replaceAll('`', '').split(', '))
  const rooms = readdirSync(join(root, 'packages', name, 'src')).map((file) => file.replace('.ts', ''))
  expect(named.toSorted()).toEqual(rooms.toSorted())
})

// As files, too: on the site an address without `.md` would do.
test('links of pages lead to pages, and to headings in them', () => {
  const headings = (text: string): string[] =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    )
  const broken = globSync('**/*.md', { cwd: docs, exclude: ['node_modules', 'reference', 'api'] }).flatMap(
    (page) => {
      const text = readFileSync(join(docs, page), 'utf8')
      return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)/g)]
        .filter(([, file, heading]) => {
          const target = join(docs, file === '' ? page : join(page, '..', file!))
          if (!existsSync(target)) return true
          return heading !== '' && !headings(readFileSync(target, 'utf8')).includes(heading!)
        })
        .map(([link]) => `${link} in ${page}`)
    },
  )
  expect(broken).toEqual([])
})
