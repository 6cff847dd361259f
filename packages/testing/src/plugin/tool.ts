// The heavy tools that some checks want: optional, looked for where the plugin is, where the command runs, and here.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Skip } from './check.ts'
import type { Subject } from './subject.ts'

/** Finds a file of a tool's package. @throws {Skip} where nobody has installed it */
export function findTool({ folder }: Subject, specifier: string): string {
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

/** Loads a tool. @throws {Skip} where nobody has installed it */
export async function loadTool<T>(subject: Subject, name: string): Promise<T> {
  return (await import(pathToFileURL(findTool(subject, name)).href)) as T
}
