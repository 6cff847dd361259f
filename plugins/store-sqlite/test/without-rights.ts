// Tries to open stores as somebody who may not write them; says the codes of the errors.
import { chmodSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sqliteStore } from '../src/index.ts'

const [path, mode] = process.argv.slice(2) as [string, string]
chmodSync(dirname(dirname(path)), 0o755)
chmodSync(path, 0o444)
chmodSync(dirname(path), Number.parseInt(mode, 8))
if (process.getuid?.() === 0) process.setuid!(65_534) // root may write everywhere
for (const each of [join(dirname(path), 'new.db'), path]) {
  await sqliteStore(each).then(
    () => console.log('opened'),
    (error: unknown) => console.log((error as { code: string }).code),
  )
}
