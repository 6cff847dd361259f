// The second half of the kernel's build: puts dist/type.js, and the parts of TypeBox that the two use, into
// dist/schema.js. Loading TypeBox's seven hundred files one by one would be most of the kernel's cold import.
// Its types stay where they are, in the dependency; its licence comes along as a file, not in every bundle.
import { copyFile, rm, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const dist = new URL('../dist/', import.meta.url)
const schema = fileURLToPath(new URL('schema.js', dist))
const licence = new URL('../node_modules/typebox/license', import.meta.url)
await copyFile(licence, new URL('typebox.license', dist))
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
  banner: { js: '/*! Holds parts of TypeBox, under its licence: see typebox.license beside this file. */' },
  plugins: [
    {
      name: 'kernel files stay apart',
      setup({ onResolve }) {
        onResolve({ filter: /^\./ }, ({ importer, path }) =>
          importer === schema && path !== './type.js' ? { external: true } : undefined,
        )
      },
    },
  ],
})
await rm(new URL('type.js', dist))
const { size } = await stat(schema)
console.log(`dist/schema.js holds TypeBox now: ${Math.round(size / 1024)} kB`)
