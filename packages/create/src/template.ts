// A template is a real folder, which is run and tested as it is; only the names of some of its files differ from what
// is made of them.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { kernelVersion } from '@retinue/kernel'

/** The files of a new package by their paths, with slashes. */
export type NewFiles = ReadonlyMap<string, string>

/** Reads a template: its files under the names that they get, and packages of retinue in the version of this one. */
export function readTemplate(folder: string): NewFiles {
  const files = (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => [file.replaceAll('\\', '/'), readFileSync(join(folder, file), 'utf8')] as const)
  return new Map(
    files
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, text]) =>
        file === '_package.json'
          ? (['package.json', withVersions(text)] as const)
          : ([file.replace(/^_/, '.'), text] as const),
      ),
  )
}

// npm looks at files called package.json and .gitignore in what it packs: a template has them as _package.json and
// _gitignore. All packages of retinue share one version, which is the kernel's.
function withVersions(manifest: string): string {
  return manifest.replaceAll(/("(?:@retinue\/[\w-]+|retinue)": )"\^[^"]+"/g, `$1"^${kernelVersion}"`)
}
