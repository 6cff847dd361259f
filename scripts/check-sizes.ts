// Holds every package to its budgets: of size, what its entry comes to when it is bundled alone, minified and gzipped,
// without what it depends on; and of import, how many modules importing it loads, with all that it depends on, but
// without what is loaded when it is first used. A package that grows on purpose raises its budget here. Wants a build
// first.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

interface Budget {
  readonly kB: number
  readonly modules: number
}

/** What a package may come to that is not named below, and what others may in its place. */
const usual: Budget = { kB: 6, modules: 35 }
const budgets: Readonly<Record<string, Partial<Budget>>> = {
  '@retinue/kernel': { kB: 57.05, modules: 5 }, // 60 kB with mitt and eta, as benchmarks/main.ts measures it
  '@retinue/agent': { kB: 39.2, modules: 8 },
  '@retinue/store': { kB: 18.6, modules: 40 },
  '@retinue/store-postgres': { kB: 7, modules: 60 }, // of which 40 are the driver
  '@retinue/testing': { kB: 18, modules: 85 },
  '@retinue/plugin-math': { kB: 9 },
  '@retinue/plugin-mcp': { kB: 10.6 },
  '@retinue/plugin-skills': { modules: 90 }, // of which 70 are the reader of YAML
  '@retinue/plugin-workspace': { kB: 13 },
  retinue: { kB: 25.4 },
}

const root = join(import.meta.dirname, '..')
for (const manifest of globSync('{packages,plugins}/*/package.json', { cwd: root }).toSorted()) {
  const { name, bin } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as {
    readonly name: string
    readonly bin?: Readonly<Record<string, string>>
  }
  const entry = join(root, dirname(manifest), Object.values(bin ?? {})[0] ?? './dist/index.js')
  const budget = { ...usual, ...budgets[name] }
  const kB = await sizeOf(entry)
  const modules = await modulesOf(entry)
  const isOver = kB > budget.kB || modules > budget.modules
  if (isOver) process.exitCode = 1
  console.log(
    `${name}: ${kB.toFixed(1)} of ${budget.kB} kB, ${modules} of ${budget.modules} modules${isOver ? ' — over its budget' : ''}`,
  )
}

async function sizeOf(entry: string): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    minify: true,
    write: false,
  })
  return gzipSync(outputFiles[0]?.contents ?? '').length / 1000
}

/** Counts what is in the chunk of the entry, and in those that it imports at once. */
async function modulesOf(entry: string): Promise<number> {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    write: false,
    outdir: root,
    metafile: true,
    logLevel: 'error',
  })
  const loaded = new Set<string>()
  const load = (chunk: string): void => {
    if (loaded.has(chunk)) return
    loaded.add(chunk)
    for (const { path, kind, external } of metafile.outputs[chunk]!.imports)
      if (kind !== 'dynamic-import' && external !== true) load(path)
  }
  const chunks = Object.entries(metafile.outputs)
  load(chunks.find(([, { entryPoint = '' }]) => resolve(entryPoint) === entry)![0])
  return [...loaded].flatMap((chunk) => Object.keys(metafile.outputs[chunk]!.inputs)).length
}
