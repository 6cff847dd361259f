// Twenty writers in one process, each with a row and a log that grow together; says each number once it is acknowledged.
import { writeSync } from 'node:fs'
import { sqliteStore } from '../src/index.ts'

const store = await sqliteStore(process.argv[2]!)
const text = 'x'.repeat(500)

await Promise.all(
  Array.from({ length: 20 }, async (_, writer) => {
    const [kind, id] = ['row', `writer ${writer}`]
    const found = await store.get(kind, id)
    let [rev, count] = [found?.rev ?? 0, (found?.value as { count: number } | undefined)?.count ?? 0]
    for (;;) {
      const results = await store.transact([
        { op: 'put', kind, id, value: { count: count + 1, text }, expect: rev },
        { op: 'append', kind, id, values: [count + 1], expect: count },
      ])
      rev = results[0]!.rev
      count++
      writeSync(1, `${writer} ${count}\n`)
    }
  }),
)
