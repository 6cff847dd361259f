// Writes each package's version where its sources name it (`version: '1.2.3'`, `kernelVersion = '1.2.3'`).
// Part of `pnpm run version`; the check of the packed packages refuses sources that name another one.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

for (const manifest of globSync('{packages,plugins}/*/package.json')) {
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  for (const file of globSync(join(dirname(manifest), 'src', '**', '*.ts'))) {
    const text = readFileSync(file, 'utf8')
    const stamped = text.replace(/(?<=\b(?:version: |\w*Version = )')\d+\.\d+\.\d+[^']*/g, version)
    if (stamped === text) continue
    writeFileSync(file, stamped)
    console.log(`${file}: ${version}`)
  }
}
