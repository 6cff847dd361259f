// What an installed package must and must not hold: the part of the check of the packed packages that no linter knows.
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

const namedVersion = /(?<=\b(?:version: |\w*Version = )')\d+\.\d+\.\d+[^']*/g
const importedPackage = /\b(?:from|import)\s*\(?\s*["']([^"'./][^"']*)["']/g

/** Checks an installed package against the folder that it was packed from. */
export function checkContent(installed: string, home: string): void {
  assert.deepEqual(readdirSync(installed).sort(), ['LICENSE', 'README.md', 'dist', 'package.json'])
  const manifest = readFileSync(join(installed, 'package.json'), 'utf8')
  assert.doesNotMatch(
    manifest,
    /workspace:|catalog:|@retinue\/source/,
    'what only the repository understands',
  )
  const { version } = JSON.parse(manifest) as Manifest

  for (const file of globSync('**/*.*', { cwd: join(installed, 'dist') })) {
    const source = join(home, 'src', file.replace(/(\.d\.ts|\.js)$/, '.ts'))
    assert.ok(existsSync(source), `dist/${file} has no ${source}: remove dist, and build again`)
    const code = readFileSync(join(installed, 'dist', file), 'utf8')
    for (const [named] of code.matchAll(namedVersion)) {
      assert.equal(named, version, `the version that ${source} names: run scripts/stamp-versions.ts`)
    }
  }
}

/** Checks that the kernel stands on typebox, mitt and eta alone, and loads nothing of typebox at run time. */
export function checkKernel(installed: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
  assert.deepEqual(Object.keys(dependencies).sort(), ['eta', 'mitt', 'typebox'])

  const imported = new Set<string | undefined>()
  for (const file of globSync('**/*.js', { cwd: join(installed, 'dist') })) {
    const code = readFileSync(join(installed, 'dist', file), 'utf8')
    for (const [, name] of code.matchAll(importedPackage)) imported.add(name)
  }
  assert.deepEqual(imported, new Set(['eta/core', 'mitt']), 'what the kernel imports at run time')
}
