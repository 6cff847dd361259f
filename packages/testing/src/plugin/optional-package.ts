// The heavy packages that some checks want (compiler, bundlers, linters): optional, looked for where the plugin is, where
// the command runs, and here.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Skip } from '../verdict.ts'
import type { Subject } from './subject.ts'

/** Finds a file of such a package. @throws {Skip} where nobody has installed it */
export function findOptional({ folder }: Subject, specifier: string): string {
  for (const from of [folder, process.cwd()]
    .map((each) => join(each, 'package.json'))
    .concat(import.meta.url)) {
    try {
      return createRequire(from).resolve(specifier)
    } catch {
      // The next place may have it.
    }
  }
  const name = specifier.replace(/^((?:@[^/]+\/)?[^/]+).*$/, '$1')
  throw new Skip(`${name} is not installed: npm i -D ${name}`)
}

/** Loads such a package. @throws {Skip} where nobody has installed it */
export async function loadOptional<T>(subject: Subject, name: string): Promise<T> {
  return (await import(pathToFileURL(findOptional(subject, name)).href)) as T
}
