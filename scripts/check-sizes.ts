// Holds every package to its budget: what its entry comes to when it is bundled alone, minified and gzipped, without
// what it depends on. A package that grows on purpose raises its budget here. Wants a build first.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** The budgets in kB; whatever is not named has that of a plugin. */
const budgets: Readonly<Record<string, number>> = {
  '@retinue/kernel': 60,
  '@retinue/agent': 30,
  '@retinue/store': 13,
  '@retinue/testing': 18,
  '@retinue/plugin-math': 9,
  '@retinue/plugin-mcp': 10,
  '@retinue/plugin-workspace': 13,
  retinue: 24,
}
const pluginBudget = 6

const root = join(import.meta.dirname, '..')
let isOver = false
for (const manifest of globSync('{packages,plugins}/*/package.json', { cwd: root }).toSorted()) {
  const { name, bin } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as {
    readonly name: string
    readonly bin?: Readonly<Record<string, string>>
  }
  const entry = Object.values(bin ?? {})[0] ?? './dist/index.js'
  const bundle = await build({
    entryPoints: [join(root, dirname(manifest), entry)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    minify: true,
    write: false,
  })
  const size = gzipSync(bundle.outputFiles[0]?.contents ?? '').length / 1000
  const budget = budgets[name] ?? pluginBudget
  if (size > budget) isOver = true
  console.log(`${name}: ${size.toFixed(1)} of ${budget} kB${size > budget ? ' — over its budget' : ''}`)
}
if (isOver) process.exitCode = 1
