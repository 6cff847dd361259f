import { realpathSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { execute } from '../execute.ts'
import { conditions } from '../import.ts'
import { Scratch } from '../scratch.ts'
import { entriesOf, registryWith, type Subject } from '../subject.ts'
import { loadOptional } from '../optional-package.ts'

/** Writes the bundle, and tells which files it put together, by their paths. */
type Bundle = (subject: Subject, main: string, outfile: string) => Promise<readonly string[]>

/** A bundler keeps the bare import, and what it makes registers all, with nothing that only its author has installed. */
function bundling(bundler: string, bundle: Bundle): Check {
  return {
    name: `its bare import survives ${bundler}`,
    built: true,
    async run(subject) {
      using scratch = new Scratch(subject)
      const [main, outfile] = ['main.mjs', 'bundle.mjs'].map((name) => join(scratch.folder, name)) as [
        string,
        string,
      ]
      writeFileSync(main, program(subject))
      const files = await bundle(subject, main, outfile)
      const foreign = files.find((file) => !isOwn(subject, file))
      if (foreign !== undefined)
        throw broken(
          `It imports ${foreign}, of a package that its package.json does not bring to users.`,
          'Name the package in dependencies; a plugin that is needed, in peerDependencies and devDependencies.',
        )
      const { code, stdout, output } = await execute([...conditions(subject), outfile], scratch.folder)
      if (code !== 0)
        throw broken(
          `What ${bundler} makes of it fails: ${output}`,
          'Rely on nothing that bundling takes away.',
        )
      const registered = JSON.parse(stdout) as string[]
      const missing = entriesOf(registryWith(subject), subject).find(({ key }) => !registered.includes(key))
      if (missing === undefined) return
      throw broken(
        `${bundler} drops the bare import: ${missing.key} is not registered in the bundle.`,
        'List the entry in "sideEffects", and let it call register(plugin) itself.',
      )
    },
  }
}

/** An application that imports the plugin for its effect alone. */
function program({ entry }: Subject): string {
  return `import ${JSON.stringify(entry)}
import { registry } from '@retinue/kernel'
process.stdout.write(JSON.stringify([...registry.all().keys()]))
`
}

/** Whether a file is the package's: what is put together beside those is not among its dependencies. */
function isOwn({ folder }: Subject, file: string): boolean {
  const inside = relative(realpathSync(folder), realpathSync(file))
  return !inside.startsWith('..') && !isAbsolute(inside) && !inside.split(sep).includes('node_modules')
}

interface Esbuild {
  build(options: object): Promise<{ metafile: { inputs: Readonly<Record<string, object>> } }>
}

export const esbuild = bundling('esbuild', async (subject, main, outfile) => {
  const { build } = await loadOptional<Esbuild>(subject, 'esbuild').catch(() =>
    loadOptional<Esbuild>(subject, 'esbuild-wasm'),
  )
  const { metafile } = await build({
    absWorkingDir: subject.folder,
    metafile: true,
    entryPoints: [main],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: externals(subject),
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs).map((file) => resolve(subject.folder, file))
})

interface Rollup {
  rollup(options: object): Promise<{
    readonly watchFiles: readonly string[]
    write(options: object): Promise<unknown>
    close(): Promise<void>
  }>
}

export const rollup = bundling('Rollup', async (subject, main, outfile) => {
  const tool = await loadOptional<Rollup>(subject, 'rollup')
  const { nodeResolve } = await loadOptional<{ nodeResolve(): object }>(
    subject,
    '@rollup/plugin-node-resolve',
  )
  const bundle = await tool.rollup({
    input: main,
    external: (id: string) => externals(subject).some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [nodeResolve()],
    onwarn() {},
  })
  // Into a folder, since what is imported late becomes a file of its own.
  await bundle.write({ dir: dirname(outfile), entryFileNames: basename(outfile), format: 'es' })
  await bundle.close()
  return bundle.watchFiles
})

/** What the application brings, and what the plugin depends on: only its own files are put together. */
function externals({ manifest }: Subject): string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest
  return Object.keys({ '@retinue/kernel': '', ...peerDependencies, ...dependencies, ...optionalDependencies })
}
