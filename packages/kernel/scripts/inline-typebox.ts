// The second half of the kernel's build: puts the parts of TypeBox that `schema.ts` uses into dist/schema.js.
// Loading TypeBox's seven hundred files one by one would be most of the kernel's cold import. Its types stay
// where they are, in the dependency.
import { readdir, readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const dist = new URL('../dist/', import.meta.url)
const schema = fileURLToPath(new URL('schema.js', dist))
const typeboxImport = /\b(?:from|import)\s*\(?\s*["']typebox(?:\/[a-z]+)?["']/

for (const name of await readdir(dist, { recursive: true })) {
  if (!name.endsWith('.js') || name === 'schema.js') continue
  const text = await readFile(new URL(name, dist), 'utf8')
  if (typeboxImport.test(text))
    throw new Error(`Only schema.ts may import typebox at run time; so does ${name}.`)
}

const licence = await readFile(new URL('../node_modules/typebox/license', import.meta.url), 'utf8')
await build({
  entryPoints: [schema],
  outfile: schema,
  allowOverwrite: true,
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  banner: { js: `/*!\nHolds parts of TypeBox.\n\n${licence.trim()}\n*/` },
  plugins: [
    {
      name: 'kernel files stay apart',
      setup({ onResolve }) {
        onResolve({ filter: /^\./ }, ({ importer }) => (importer === schema ? { external: true } : undefined))
      },
    },
  ],
})
const { size } = await stat(schema)
console.log(`dist/schema.js holds TypeBox now: ${Math.round(size / 1024)} kB`)
