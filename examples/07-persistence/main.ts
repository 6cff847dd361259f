// A session is saved; a second process goes on with it, forks it, and takes it back.
import '@retinue/plugin-preferences'
import '@retinue/plugin-think'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { offlineModel, run } from '@retinue/agent'
import { AgentConfig, ChatSession } from '@retinue/kernel'
import { StoredSessionManager } from '@retinue/store'
import { sqliteStore } from '@retinue/store-sqlite'

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'retinue-'))
const store = await sqliteStore(join(folder, 'sessions.db'))
const agent = new AgentConfig({ name: 'guide', model: offlineModel(), tools: ['think', 'preferences'] })
const manager = new StoredSessionManager({ store, agents: (name) => (name === 'guide' ? agent : undefined) })

function show(session: ChatSession): void {
  const { language } = session.config.preferences
  console.log(`${session.id}: ${session.messages.length} messages, language ${language}`)
}

async function think(session: ChatSession, thought: string): Promise<void> {
  await run(session, `Write a thought down: "${thought}"`).result
  await manager.saved(session) // what is answered after this line is on disk
  show(session)
}

if (process.argv[2] === undefined) {
  console.log('# The first process')
  const user = await manager.user('ada')
  user.config.preferences.language = 'fr'
  await think(new ChatSession({ user, agent, manager, id: 'door' }), 'The lock is older than the door.')
  await store.close()

  const again = [...process.execArgv, import.meta.filename, folder]
  process.stdout.write(execFileSync(process.execPath, again, { encoding: 'utf8' }))
  rmSync(folder, { recursive: true })
} else {
  console.log('\n# The second process')
  for (const { id, title } of (await manager.sessions('ada')).sessions) console.log(`found ${id}: ${title}`)
  const { session } = await manager.load('door')
  await think(session, 'The key is newer than both.')

  console.log('\n# A fork of the first turn goes its own way')
  const { session: fork } = await manager.fork(session, { id: 'window', at: { messages: 4 } })
  await think(fork, 'Nobody looked at the window.')
  show(session)

  console.log('\n# The session is taken back, and forward again')
  const all = session.messages.length
  const { revision } = (await manager.sessions('ada')).sessions.find(({ id }) => id === 'door')!
  show((await manager.rewind('door', { messages: 4 })).session)
  show((await manager.rewind('door', { revision })).session)
  console.log(all === manager.get('door')!.messages.length ? 'nothing was lost' : 'something was lost')
  await store.close()
}
