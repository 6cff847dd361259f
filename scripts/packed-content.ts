// What an installed package must and must not hold: the part of the check of the packed packages that no linter knows.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { namedVersion } from './named-version.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly files: readonly string[]
  readonly dependencies: Readonly<Record<string, string>>
}

/** Checks an installed package against the folder that it was packed from. */
export function checkContent(installed: string, home: string): void {
  const { files } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest
  const named = files.filter((file) => !file.startsWith('!'))
  assert.deepEqual(readdirSync(installed).sort(), ['LICENSE', 'README.md', 'package.json', ...named].sort())
  const manifest = readFileSync(join(installed, 'package.json'), 'utf8')
  assert.doesNotMatch(
    manifest,
    /workspace:|catalog:|@retinue\/source/,
    'what only the repository understands',
  )
  const { name, version } = JSON.parse(manifest) as Manifest

  for (const file of globSync('**/*.{js,d.ts}', { cwd: join(installed, 'dist') })) {
    const source = join(home, 'src', file.replace(/(\.d\.ts|\.js)$/, '.ts'))
    assert.ok(existsSync(source), `dist/${file} has no ${source}: remove dist, and build again`)
    const code = readFileSync(join(installed, 'dist', file), 'utf8')
    for (const [found] of code.matchAll(namedVersion(name))) {
      assert.equal(found, version, `the version that ${source} names: run scripts/stamp-versions.ts`)
    }
  }
}

/** Checks that the kernel stands on typebox, mitt and eta alone, and loads nothing of typebox at run time. */
export async function checkKernel(installed: string): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
  assert.deepEqual(Object.keys(dependencies).sort(), ['eta', 'mitt', 'typebox'])

  const { metafile } = await build({
    entryPoints: [join(installed, 'dist', 'index.js')],
    bundle: true,
    format: 'esm',
    packages: 'external',
    metafile: true,
    write: false,
  })
  const [output] = Object.values(metafile.outputs)
  const loaded = new Set(output?.imports.map(({ path }) => path))
  assert.deepEqual(loaded, new Set(['eta/core', 'mitt']), 'what the kernel loads at run time')
}
