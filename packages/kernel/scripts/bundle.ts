// The second half of the kernel's build, the first being its declarations: dist/index.js holds all its rooms, and
// dist/schema.js the parts of TypeBox that it uses. A file of its own for each room, and for each of TypeBox's seven
// hundred, would be most of the kernel's cold import.
// Its types stay where they are, in the dependency; its licence comes along as a file, not in every bundle.
import { copyFile } from 'node:fs/promises'
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
