// The second half of the kernel's build, run in its folder, the first being its declarations: dist/index.js holds all
// its rooms, and dist/schema.js the parts of TypeBox that it uses. A file of its own for each room, and for each of
// TypeBox's seven hundred, would be most of the kernel's cold import.
// Its types stay where they are, in the dependency; its licence comes along as a file, not in every bundle.
import { copyFile, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from './bundle.ts'

const settings = await settingsOfTypeBox()

/** The functions that compiled checks call. */
const called = {
  Guard: ['CodePointCount', 'IsConstructor', 'IsDeepEqual', 'IsMultipleOf'],
  Hashing: ['Hash'],
}

await copyFile('node_modules/typebox/license', 'dist/typebox.license')
await bundle({
  input: 'src/schema.ts',
  treeshake: { moduleSideEffects: false }, // a module that nothing is used of goes as a whole
  external: [],
  plugins: [
    {
      name: 'patterns are made when they are used, compiled checks are given what they call, settings are settled',
      load: {
        filter: { id: /typebox[\\/]build[\\/].*\.mjs$/ },
        handler: async (file) => withSettings(withNamedCalls(withLazyPatterns(await readFile(file, 'utf8')))),
      },
    },
  ],
  output: {
    file: 'dist/schema.js',
    minify: { compress: true, mangle: false, codegen: true },
    banner: '/*! Parts of TypeBox (MIT): see typebox.license */',
  },
})
await bundle({
  input: 'src/index.ts',
  external: /^(?!\.|\/|[A-Za-z]:\\)|\/schema\.ts$/,
  output: { file: 'dist/index.js', paths: { [resolve('src/schema.ts')]: './schema.js' } },
})

const schema = await readFile('dist/schema.js', 'utf8')
if (/=\/[^;"'`]*\\p\{/.test(schema)) {
  throw new Error('dist/schema.js has a pattern with Unicode properties that is made on import.')
}
for (const [call, module, name] of schema.matchAll(/\b(Guard|Hashing)(?:\.|`,`(?!Hashing))(\w+)/g)) {
  if (!called[module as keyof typeof called].includes(name!))
    throw new Error(`dist/schema.js compiles checks that call ${call}, which they are not given.`)
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

/**
 * What compiled checks are given is two whole modules: each function in them would be kept, and kept by its name. They call
 * these alone.
 */
function withNamedCalls(text: string): string {
  return text.replace('(Engine.CheckContext, Guard, Hashing,', () => {
    const named = Object.entries(called).map(
      ([module, names]) => `{ ${names.map((name) => `${name}: ${module}.${name}`).join(', ')} }`,
    )
    return `(Engine.CheckContext, ${named.join(', ')},`
  })
}

async function settingsOfTypeBox(): Promise<Readonly<Record<string, unknown>>> {
  const system = pathToFileURL(resolve('node_modules/typebox/build/system/index.mjs')).href
  const { Settings } = (await import(system)) as { Settings: { Get(): Record<string, unknown> } }
  return Settings.Get()
}

/** Nobody can set the settings of this copy of TypeBox, nor read what it counts: what depends on them is known now. */
function withSettings(text: string): string {
  return text
    .replace(/\bSettings\.Get\(\)\.(\w+)/g, (_, name: string) => JSON.stringify(settings[name]))
    .replace(/\bMetrics\.\w+ \+= 1;/g, '')
}

function lazily(source: string, flags: string): string {
  return `/* @__PURE__ */ lazily(${source}, '${flags}');`
}
