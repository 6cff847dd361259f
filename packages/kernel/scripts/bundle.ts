// The second half of the kernel's build, the first being its declarations: dist/index.js holds all its rooms, and
// dist/schema.js the parts of TypeBox that it uses. A file of its own for each room, and for each of TypeBox's seven
// hundred, would be most of the kernel's cold import.
// Its types stay where they are, in the dependency; its licence comes along as a file, not in every bundle.
import { copyFile, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'

const path = (relative: string): string => fileURLToPath(new URL(`../${relative}`, import.meta.url))
const shared: BuildOptions = { bundle: true, format: 'esm', platform: 'neutral', target: 'es2023' }

await copyFile(path('node_modules/typebox/license'), path('dist/typebox.license'))
await build({
  ...shared,
  entryPoints: [path('src/schema.ts')],
  outfile: path('dist/schema.js'),
  minifySyntax: true,
  minifyWhitespace: true,
  banner: { js: '/*! Holds parts of TypeBox, under its licence: see typebox.license beside this file. */' },
  plugins: [
    {
      name: 'namespaces come from where they are defined',
      setup({ onLoad }) {
        onLoad({ filter: /typebox[\\/]build[\\/].*\.mjs$/ }, async ({ path: file }) => ({
          contents: await withoutDetours(file),
        }))
      },
    },
  ],
})
await build({
  ...shared,
  entryPoints: [path('src/index.ts')],
  outfile: path('dist/index.js'),
  packages: 'external',
  plugins: [
    {
      name: 'the schema stays apart',
      setup({ onResolve }) {
        onResolve({ filter: /^\.\/schema\.ts$/ }, () => ({ path: './schema.js', external: true }))
      },
    },
  ],
})

/**
 * A file of TypeBox, which gets its namespaces by way of index files that export them again: of those esbuild makes
 * objects with all that is in them, used or not.
 */
async function withoutDetours(file: string): Promise<string> {
  const text = await readFile(file, 'utf8')
  const imports = [...text.matchAll(/^import \{ (.+) \} from '(.+\/)index\.mjs';$/gm)]
  let direct = text
  for (const [line, names, folder] of imports) {
    const index = await readFile(resolve(file, '..', folder!, 'index.mjs'), 'utf8')
    const files = new Map(
      [...index.matchAll(/^export \* as (\w+) from '\.\/(.+)';$/gm)].map(([, name, home]) => [name, home]),
    )
    const lines = names!.split(', ').map((each) => {
      const [name, as = name] = each.split(' as ')
      const home = files.get(name)
      return home === undefined
        ? `import { ${each} } from '${folder}index.mjs'`
        : `import * as ${as} from '${folder}${home}'`
    })
    direct = direct.replace(line, lines.join(';'))
  }
  return direct
}
