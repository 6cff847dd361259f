// Compiles a program with all declarations that it stands on. Checking those of the kernel and its libraries takes the
// compiler ten times as long as the rest, and always comes to the same: it is done once, and kept as the state of an
// incremental build, from which every later program starts. What a plugin brings is never in it, so that all of that is
// checked each time: also where two declarations clash of which only one has changed.
import { createHash, randomUUID } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execute, type Executed } from './execute.ts'
import { conditions } from './import.ts'
import { Scratch } from './scratch.ts'
import type { Subject } from './subject.ts'
import { findOptional } from './optional-package.ts'

/** Compiles a program as if it stood in the package of the plugin. @throws {Skip} where there is no compiler */
export async function compile(subject: Subject, program: string): Promise<Executed> {
  const compiler = findOptional(subject, 'typescript/package.json')
  const options = optionsFor(subject)
  const states = join(tmpdir(), `retinue-testing-${process.getuid?.() ?? ''}`) // nobody else's, where users share a machine
  mkdirSync(states, { recursive: true })
  const identity = JSON.stringify([compiler, readFileSync(compiler, 'utf8'), kernelFor(subject), options])
  const kept = join(states, `${createHash('sha256').update(identity).digest('hex')}.tsbuildinfo`)
  const own = join(states, `${randomUUID()}.tsbuildinfo`)
  using scratch = new Scratch(subject)
  const run = (name: string, text: string): Promise<Executed> => {
    const compilerOptions = { ...options, incremental: true, tsBuildInfoFile: own }
    writeFileSync(join(scratch.folder, `${name}.ts`), text)
    writeFileSync(
      join(scratch.folder, `${name}.json`),
      JSON.stringify({ compilerOptions, files: [`${name}.ts`] }),
    )
    return execute([compiler.replace(/package\.json$/, 'bin/tsc'), '-p', `${name}.json`], scratch.folder)
  }
  try {
    if (existsSync(kept)) copyFileSync(kept, own)
    else {
      await run('libraries', "import '@retinue/kernel'\n")
      if (existsSync(own)) keep(own, kept)
    }
    return await run('main', program)
  } finally {
    rmSync(own, { force: true })
  }
}

/** Copies a state into its place at once: another process may look for it. */
function keep(own: string, kept: string): void {
  const copy = `${own}.copy`
  copyFileSync(own, copy)
  renameSync(copy, kept)
}

/** Which kernel a plugin stands on, and in which version: each has a state of its own. */
function kernelFor({ folder }: Subject): string {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = join(at, 'node_modules', '@retinue', 'kernel', 'package.json')
    if (existsSync(manifest)) return realpathSync(manifest) + readFileSync(manifest, 'utf8')
    if (at === dirname(at)) return ''
  }
}

function optionsFor(subject: Subject): object {
  return {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom'],
    module: 'nodenext',
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    ...(conditions(subject).length > 0 && {
      customConditions: ['@retinue/source'],
      allowImportingTsExtensions: true,
    }),
  }
}
