// Adds one to a number that others add to as well, so many times; says of each try when it was, what it read and what
// it wrote.
import { writeSync } from 'node:fs'
import { conflictOf } from '@retinue/store'
import { sqliteStore } from '../src/index.ts'

const [path, count] = [process.argv[2]!, Number(process.argv[3])]
const store = await sqliteStore(path)

for (let done = 0; done < count;) {
  const begin = String(process.hrtime.bigint())
  const found = await store.get('race', 'count')
  const [read, value] = [found?.rev ?? 0, Number(found?.value ?? 0)]
  let wrote: number | undefined
  try {
    const [result] = await store.transact([
      { op: 'put', kind: 'race', id: 'count', value: value + 1, expect: read },
    ])
    wrote = result!.rev
    done++
  } catch (error) {
    if (conflictOf(error) === undefined) throw error
  }
  writeSync(1, `${JSON.stringify({ begin, end: String(process.hrtime.bigint()), read, value, wrote })}\n`)
}
await store.close()
