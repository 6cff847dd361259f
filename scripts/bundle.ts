// One file of a package's rooms, for those packages that are loaded before anything is done. The bundler is one that
// leaves constants and classes what they are: the engine does not fold what stands in a variable.
import { build, type BuildOptions, type Plugin } from 'rolldown'

/** Bundles a package's own files; what it depends on stays outside, unless the options say otherwise. */
export async function bundle({ plugins, ...options }: BuildOptions): Promise<void> {
  await build({
    platform: 'neutral',
    transform: { target: 'es2023' },
    external: /^(?!\.|\/|[A-Za-z]:\\)/,
    plugins: [ascii, plugins],
    ...options,
  })
}

const ascii: Plugin = {
  name: 'no character is beyond ASCII: one would make the engine read all of a file as text of two bytes each',
  renderChunk: (code) =>
    code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
}
