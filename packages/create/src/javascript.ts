// The same application in JavaScript, for a Node that runs no TypeScript. The template names no types, so that its
// sources are JavaScript already: only the names of files differ, and what is there for the compiler goes.
import type { NewFiles } from './template.ts'

/** An application that was made in TypeScript, in JavaScript. */
export function inJavaScript(files: NewFiles): NewFiles {
  const kept = [...files].filter(([file]) => file !== 'tsconfig.json')
  return new Map(
    kept.map(([file, text]) => [
      file.replace(/\.ts$/, '.js'),
      file === 'package.json' ? manifest(text) : text.replaceAll(/\.ts\b/g, '.js'),
    ]),
  )
}

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

function manifest(text: string): string {
  const whole = JSON.parse(text.replaceAll(/\.ts\b/g, '.js')) as Manifest
  const { types: _types, ...scripts } = whole.scripts
  const { typescript: _compiler, '@types/node': _node, ...devDependencies } = whole.devDependencies
  const engines = { node: '^20.19.0 || >=22.12.0' }
  return `${JSON.stringify({ ...whole, scripts, devDependencies, engines }, undefined, 2)}\n`
}
