// One file of a package's rooms, for those packages that are loaded before anything is done. The bundler is one that
// leaves constants and classes what they are: the engine does not fold what stands in a variable.
import { build, type BuildOptions, type OutputOptions, type Plugin } from 'rolldown'

/** Bundles a package's own files; what it depends on stays outside, unless the options say otherwise. */
export async function bundle({
  plugins,
  output,
  ...options
}: BuildOptions & { output: OutputOptions }): Promise<void> {
  await build({
    platform: 'neutral',
    transform: { target: 'es2023' },
    external: /^(?!\.|\/|[A-Za-z]:\\)/,
    plugins: [ascii, plugins],
    output: { comments: { legal: true, annotation: true, jsdoc: false }, ...output },
    ...options,
  })
}

const ascii: Plugin = {
  name: 'no character is beyond ASCII: one would make the engine read all of a file as text of two bytes each',
  // Not earlier: the last printing of a chunk writes such characters out again.
  generateBundle(_, files) {
    for (const file of Object.values(files)) if (file.type === 'chunk') file.code = escaped(file.code)
  },
}

function escaped(code: string): string {
  return code.replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
