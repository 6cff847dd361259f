import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { execute } from '../execute.ts'
import { conditions } from '../import.ts'
import { Scratch } from '../scratch.ts'
import { entriesOf, registryWith, type Subject } from '../subject.ts'
import { loadOptional } from '../optional-package.ts'

type Bundle = (subject: Subject, main: string, outfile: string) => Promise<void>

/** A bundler keeps the bare import, and what it makes registers all. */
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
      await bundle(subject, main, outfile)
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

interface Esbuild {
  build(options: object): Promise<unknown>
}

export const esbuild = bundling('esbuild', async (subject, main, outfile) => {
  const { build } = await loadOptional<Esbuild>(subject, 'esbuild').catch(() =>
    loadOptional<Esbuild>(subject, 'esbuild-wasm'),
  )
  await build({
    entryPoints: [main],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: externals(subject),
    logLevel: 'silent',
  })
})

interface Rollup {
  rollup(options: object): Promise<{ write(options: object): Promise<unknown>; close(): Promise<void> }>
}

export const rollup = bundling('Rollup', async (subject, main, outfile) => {
  const tool = await loadOptional<Rollup>(subject, 'rollup')
  const { nodeResolve } = await loadOptional<{ nodeResolve(): object }>(
    subject,
    '@rollup/plugin-node-resolve',
  )
  const bundle = await tool.rollup({
    input: main,
    external: externals(subject),
    plugins: [nodeResolve()],
    onwarn() {},
  })
  await bundle.write({ file: outfile, format: 'es' })
  await bundle.close()
})

/** What the application brings, and what the plugin depends on: only its own files are put together. */
function externals({ manifest }: Subject): string[] {
  return Object.keys({ '@retinue/kernel': '', ...manifest.peerDependencies, ...manifest.dependencies })
}
