// Writes each package's version where its own sources name it.
// Part of `pnpm run version`; the check of the packed packages refuses sources that name another one.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { namedVersion } from './named-version.ts'

for (const manifest of globSync('{packages,plugins}/*/package.json')) {
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string }
  for (const file of globSync(join(dirname(manifest), 'src', '**', '*.ts'))) {
    const text = readFileSync(file, 'utf8')
    const stamped = text.replace(namedVersion(name), version)
    if (stamped === text) continue
    writeFileSync(file, stamped)
    console.log(`${file}: ${version}`)
  }
}
