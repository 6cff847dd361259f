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
      name: 'namespaces come from where they are defined, and patterns are made when they are used',
      setup({ onLoad }) {
        onLoad({ filter: /typebox[\\/]build[\\/].*\.mjs$/ }, async ({ path: file }) => ({
          contents: withLazyPatterns(await withoutDetours(file)),
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

for (const file of ['dist/schema.js', 'dist/index.js']) {
  const text = await readFile(path(file), 'utf8')
  // One character beyond ASCII would make the engine read all of it as text of two bytes each.
  if (/[^\0-\x7f]/.test(text))
    throw new Error(`${file} is not ASCII: look into the comments within its classes.`)
  if (/=\/[^;"']*\\p\{/.test(text))
    throw new Error(`${file} has a pattern with Unicode properties that is made on import.`)
}

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

/**
 * The engine makes the tables of a pattern with Unicode properties as soon as it reads it, which for those of TypeBox
 * (of names in other scripts, for formats that few use) takes longer than to read all the rest. Property names that are
 * no ASCII go into brackets, where they mean the same.
 */
function withLazyPatterns(text: string): string {
  const lazy = text
    .replace(/^(const identifierRegExp = ).+$/m, '$1/^[A-Za-z_$][A-Za-z0-9_$]*$/;')
    .replace(
      /^(.*const \w+ = )\/(.*\\p\{.*)\/(\w+);$/gm,
      (_, start: string, source: string, flags: string) => `${start}${lazily(JSON.stringify(source), flags)}`,
    )
    .replace(
      /^(.*const \w+ = )new RegExp\((\[[^\]]+\].+), '(u)'\);$/gm,
      (_, start: string, source: string, flags: string) => `${start}${lazily(source, flags)}`,
    )
  return `${lazy}\nfunction lazily(source, flags, made) { return { source, test: (text) => (made ??= new RegExp(source, flags)).test(text) } }`
}

function lazily(source: string, flags: string): string {
  return `/* @__PURE__ */ lazily(${source}, '${flags}');`
}
