// The durable save of a turn, against one bare insert into SQLite. Both wait for the disk, so they are timed by the
// clock, in turns on one disk. Prints the medians in nanoseconds as JSON.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AgentConfig, ChatSession, createRegistry } from '@retinue/kernel'
import { StoredSessionManager } from '@retinue/store'
import { sqliteStore } from '@retinue/store-sqlite'
import { thousand } from './messages.ts'
import { itemOf, pluginOf } from './plugins.ts'

const folder = mkdtempSync(join(tmpdir(), 'retinue-durable-'))
const turn = thousand.slice(0, 4)

const db = new DatabaseSync(join(folder, 'bare.db'))
db.exec('pragma journal_mode = wal; pragma synchronous = full; create table turn (value text)')
const insert = db.prepare('insert into turn (value) values (?)')

const registry = createRegistry()
registry.register(pluginOf('a'))
const store = await sqliteStore(join(folder, 'retinue.db'))
const manager = new StoredSessionManager({ store, registry })
const agent = new AgentConfig({ name: 'a', tools: ['tool_a'], registry })
const session = new ChatSession({ user: await manager.user('ada'), agent, manager })
session.messages.push(...thousand)
await manager.saved(session)

async function timed(run: () => unknown): Promise<number> {
  const start = process.hrtime.bigint()
  await run()
  return Number(process.hrtime.bigint() - start)
}

const bare: number[] = []
const retinue: number[] = []
for (let i = 0; i < 300; i++) {
  bare.push(await timed(() => insert.run(JSON.stringify(turn))))
  const said = structuredClone(turn)
  retinue.push(
    await timed(() => {
      session.messages.push(...said)
      itemOf(session.context, 'toolA').count = i
      return manager.saved(session)
    }),
  )
}
const median = (figures: number[]): number => figures.sort((a, b) => a - b)[figures.length >> 1]!
console.log(JSON.stringify({ bare: median(bare), retinue: median(retinue) }))

db.close()
await store.close()
rmSync(folder, { recursive: true })
