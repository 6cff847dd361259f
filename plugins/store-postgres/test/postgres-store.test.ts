import { readFileSync } from 'node:fs'
import { ChatSession } from '@retinue/kernel'
import { StoredSessionManager, type RecordStore } from '@retinue/store'
import { testStore } from '@retinue/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { explained } from '../src/errors.ts'
import { postgresStore } from '../src/index.ts'
import { proxyTo } from './a-proxy.ts'
import { hasServer, startServer, type Server } from './a-server.ts'

const put = (id: string, value = 1) => ({ op: 'put' as const, kind: 'note', id, value })
const append = (id: string, value: number) => ({ op: 'append' as const, kind: 'note', id, values: [value] })

test('a name that can not be looked up for now is a server that is not reached', () => {
  for (const code of ['EAI_AGAIN', 'ENOTFOUND', 'ECONNRESET', '57P01'])
    expect(explained(Object.assign(new Error('gone'), { code }))).toMatchObject({
      code: 'RETINUE_POSTGRES_UNREACHABLE',
    })
})

test('a server without room, in memory or among its connections too, is full; a statement that it ends has failed', () => {
  const told = (code: string) => explained(Object.assign(new Error('no'), { code }))
  for (const code of ['53100', '53200', '53300'])
    expect(told(code)).toMatchObject({ code: 'RETINUE_POSTGRES_FULL' })
  expect(told('57014')).toMatchObject({ code: 'RETINUE_POSTGRES_FAILED' })
})

test('a certificate that is not trusted, or not there, is no server that went away', () => {
  const told = (code: string, more = {}) => explained(Object.assign(new Error('no'), { code, ...more }))
  for (const code of ['ERR_TLS_CERT_ALTNAME_INVALID', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED'])
    expect(told(code)).toMatchObject({ code: 'RETINUE_POSTGRES_REFUSED' })
  expect(told('ENOENT', { syscall: 'open' })).toMatchObject({ code: 'RETINUE_POSTGRES_FAILED' })
  expect(told('ENOENT', { syscall: 'connect' })).toMatchObject({ code: 'RETINUE_POSTGRES_UNREACHABLE' })
})

describe.skipIf(!hasServer)('a store on Postgres', () => {
  let server: Server
  let admin: pg.Pool
  beforeAll(async () => {
    server = await startServer()
    admin = new pg.Pool({ connectionString: server.url })
    admin.on('error', () => {}) // of connections that a crash ends
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  }, 60_000) // a server of many schemas has much to write

  let count = 0
  const schemas = new WeakMap<object, string>()
  const open = async (schema = `store_${++count}`, database: string | pg.Pool = server.url) => {
    const store = await postgresStore(database, { schema })
    schemas.set(store, schema)
    return store
  }
  const refusal = (database: string | pg.Pool, schema?: string) =>
    open(schema, database).then(
      () => 'opened',
      (error: { code: string }) => error.code,
    )
  const query = (text: string) => admin.query(text)
  const listeners = async (schema: string) =>
    (await query(`select from pg_stat_activity where query = 'listen "retinue_${schema}"'`)).rowCount

  testStore({
    test,
    create: () => open(),
    reopen: (store) => open(schemas.get(store)),
    runs: Number(process.env['RETINUE_STORE_RUNS'] ?? 10),
  })

  test('the program of the README keeps a session', async () => {
    const [, code = ''] = /```js\n(.*?)```/s.exec(
      readFileSync(new URL('../README.md', import.meta.url), 'utf8'),
    )!
    const body = code.replaceAll(/^import .*\n/gm, '').replace(/'postgres:[^']*'/, 'url')
    const names = { ...(await import('@retinue/kernel')), ...(await import('@retinue/store')), postgresStore }
    const AsyncFunction = (async () => {}).constructor as new (
      ...text: string[]
    ) => (...args: unknown[]) => Promise<void>
    const said: unknown[] = []
    const program = new AsyncFunction(...Object.keys(names), 'url', 'console', body)
    await program(...Object.values(names), server.url, { log: (text: unknown) => said.push(text) })
    expect(said).toEqual([1])
  })

  test('a watch waits for those who got a revision before, and end later', async () => {
    const store = await open()
    const schema = schemas.get(store)!
    const cursor = await store.cursor()
    const slow = await admin.connect()
    const request = `select ${schema}.transact(gen_random_uuid(), '[{"op":"put","kind":"note","id":"slow","text":"1"}]')`
    await slow.query('begin')
    await slow.query(request)
    await store.transact([put('quick')])
    const changes = store.watch({}, { after: cursor })[Symbol.asyncIterator]()
    const first = changes.next()
    const later = store.cursor()
    expect((await store.get('note', 'quick'))?.value).toBe(1)
    await slow.query('commit')
    slow.release()
    expect([(await first).value, (await changes.next()).value]).toMatchObject([
      { id: 'slow' },
      { id: 'quick' },
    ])
    expect(await later).toBe('2')
    await store.close()
  })

  test('a writer who is held up is looked for less and less often', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    const store = await open('held_up', pool)
    const slow = await admin.connect()
    await slow.query('begin; select pg_advisory_xact_lock_shared(hashtext(\'"held_up"\'), 0)')
    const asked = vi.spyOn(pool, 'query')
    const cursor = store.cursor()
    await slow.query('select pg_sleep(0.6); commit')
    slow.release()
    expect(await cursor).toBe('0')
    expect(asked.mock.calls.length).toBeLessThan(20)
    await store.close()
    await pool.end()
  })

  test('a watch does not wait for a transaction of somebody else, and hears of another process at once', async () => {
    const [here, there] = [await open('shared'), await open('shared')]
    const other = await admin.connect()
    await other.query('begin; create table held (id int)')
    const changes = here.watch()[Symbol.asyncIterator]()
    const first = changes.next()
    await here.transact([put('a')])
    expect((await first).value).toMatchObject({ id: 'a' })
    const second = changes.next()
    await there.transact([put('b')])
    expect((await second).value).toMatchObject({ id: 'b' })
    await other.query('rollback')
    other.release()
    await Promise.all([here.close(), there.close()])
  })

  test('a watch hears of each change of another process without looking, on another connection where one is lost', async () => {
    const proxy = await proxyTo(server.port)
    const there = await open('heard')
    const connectionString = server.url.replace(`:${server.port}`, `:${proxy.port}`)
    const pool = new pg.Pool({ connectionString, max: 2 }) // of which one may listen
    pool.on('error', () => {})
    const here = await open('heard', pool)
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }) // it would look twice a second
    try {
      const changes = here.watch()[Symbol.asyncIterator]()
      for (const id of ['a', 'b', 'c']) {
        const next = changes.next()
        if (id === 'c') await proxy.goAway(700)
        while ((await listeners('heard')) !== 1) await new Promise(setImmediate)
        await there.transact([put(id)])
        expect((await next).value).toMatchObject({ id })
      }
      expect(vi.getTimerCount()).toBe(1)
      await here.close()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
      await Promise.all([there.close(), pool.end()])
      proxy.close()
    }
  })

  test('behind a pooler nobody listens, and a watch hears of other processes all the same', async () => {
    const proxy = await proxyTo(server.port)
    proxy.poseAsPooler()
    const direct = await open('pooled')
    const store = await open('pooled', server.url.replace(`:${server.port}`, `:${proxy.port}`))
    const [here, there] = [direct, store].map((each) => each.watch()[Symbol.asyncIterator]())
    const first = here!.next()
    await expect.poll(() => listeners('pooled')).toBe(1)
    const second = there!.next()
    await store.cursor() // it has begun
    await direct.transact([put('a')])
    expect((await first).value).toMatchObject({ id: 'a' })
    expect((await second).value).toMatchObject({ id: 'a' })
    expect(await listeners('pooled')).toBe(1)
    await Promise.all([direct.close(), store.close()])
    proxy.close()
  })

  test('what was kept though its answer was lost is told, and not done again', async () => {
    const proxy = await proxyTo(server.port)
    const store = await open('lossy', server.url.replace(`:${server.port}`, `:${proxy.port}`))
    for (let turn = 1; turn <= 5; turn++) {
      proxy.loseAnswerTo('.transact(')
      expect(await store.transact([append('log', turn), { ...put('head', turn), expect: turn - 1 }])).toEqual(
        [{ rev: turn }, { rev: turn }],
      )
    }
    expect(await Array.fromAsync(store.read('note', 'log'))).toHaveLength(5)
    proxy.loseAnswerTo('.lease ')
    const lease = await store.lease('turn', { ttlMs: 60_000 })
    await lease!.renew()
    expect(await store.lease('turn', { ttlMs: 60_000 })).toBeUndefined()
    await store.close()
    proxy.close()
  })

  test('what was kept though its answer was lost is not said to be nothing where it can not be asked for', async () => {
    const proxy = await proxyTo(server.port)
    const store = await open('unsure', server.url.replace(`:${server.port}`, `:${proxy.port}`))
    const swallowed = proxy.swallowAnswerTo('.transact(')
    const made = store.transact([append('log', 1)])
    await swallowed
    await query('alter function unsure.transact rename to gone')
    void proxy.goAway(0)
    await expect(made).rejects.toMatchObject({
      message: expect.not.stringMatching(/nothing was written/i) as string,
    })
    expect(await Array.fromAsync(store.read('note', 'log'))).toHaveLength(1)
    await store.close()
    proxy.close()
  })

  test('a connection on which nothing comes back is lost, though nobody says so', async () => {
    const proxy = await proxyTo(server.port)
    const store = await open('silent', server.url.replace(`:${server.port}`, `:${proxy.port}`))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const swallowed = proxy.swallowAnswerTo('.transact(')
    const made = store.transact([append('log', 1)])
    await swallowed
    vi.advanceTimersByTime(60_000)
    vi.useRealTimers()
    expect(await made).toEqual([{ rev: 1 }])
    await store.close()
    proxy.close()
  })

  test('a lease whose renewal is not answered in its time is lost then, and not when the server is given up', async () => {
    const proxy = await proxyTo(server.port)
    const store = await open('overdue', server.url.replace(`:${server.port}`, `:${proxy.port}`))
    await (await store.lease('long', { ttlMs: 2 ** 40 }))!.renew()
    const lease = await store.lease('turn', { ttlMs: 300 })
    void proxy.swallowAnswerTo('.lease set until')
    await expect(lease!.renew()).rejects.toMatchObject({ code: 'RETINUE_STORE_LEASE_LOST' })
    const warned = vi.spyOn(process, 'emitWarning')
    await expect(lease!.renew()).rejects.toMatchObject({ code: 'RETINUE_STORE_LEASE_LOST' })
    expect(warned).not.toHaveBeenCalled()
    await proxy.goAway(0)
    await store.close()
    proxy.close()
  })

  test('a word to the other processes that nobody answers keeps no store open', async () => {
    const proxy = await proxyTo(server.port)
    const store = await open('unanswered', server.url.replace(`:${server.port}`, `:${proxy.port}`))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const swallowed = proxy.swallowAnswerTo('notify ')
    await store.transact([put('a')])
    await swallowed
    const closed = store.close()
    vi.advanceTimersByTime(60_000)
    vi.useRealTimers()
    expect(await closed).toBeUndefined()
    proxy.close()
  })

  test('a server that ends as it greets whoever is to listen ends no process', async () => {
    const proxy = await proxyTo(server.port)
    const connectionString = server.url.replace(`:${server.port}`, `:${proxy.port}`)
    const pool = new pg.Pool({ connectionString, maxUses: 1 }) // each use has a greeting of its own
    const store = await open('greeted', pool)
    pool.once('release', () => proxy.endAtGreeting()) // where the watch stands is known: it listens next
    const first = store.watch()[Symbol.asyncIterator]().next()
    await expect.poll(() => listeners('greeted')).toBe(1)
    await store.transact([put('a')])
    expect((await first).value).toMatchObject({ id: 'a' })
    await store.close()
    await pool.end()
    proxy.close()
  })

  test('while the server is away, one asks for all who wait whether it is back', async () => {
    const proxy = await proxyTo(server.port)
    const store = await open('away', server.url.replace(`:${server.port}`, `:${proxy.port}`))
    const away = proxy.goAway(500)
    const made = Promise.all(Array.from({ length: 200 }, (_, i) => store.transact([append(`${i}`, i)])))
    expect(await away).toBeLessThan(300) // each has tried once
    expect(await made).toHaveLength(200)
    await store.close()
    proxy.close()
  })

  test('a server that is away is waited for as long where somebody sets the clock meanwhile', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    const store = await open(undefined, pool)
    vi.useFakeTimers({ toFake: ['Date'] })
    const lost = () => {
      vi.setSystemTime(Date.now() + 3_600_000)
      return Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' }))
    }
    const ask = pool.query.bind(pool)
    let asked = 0
    Object.assign(pool, { query: (config: pg.QueryConfig) => (++asked <= 3 ? lost() : ask(config)) })
    const found = await store.get('note', 'a').finally(() => vi.useRealTimers())
    expect(found).toBeUndefined()
    expect(asked).toBe(5)
    await store.close()
    await pool.end()
  })

  test('what could not be saved for want of a right is saved by itself when it is granted', async () => {
    await query('create role clerk login')
    const owner = await open('wanting')
    const rights = 'select, insert, update, delete on all tables in schema wanting'
    await query(`grant usage on schema wanting to clerk; grant ${rights} to clerk;
      grant usage, select on all sequences in schema wanting to clerk`)
    const store = await open('wanting', server.url.replace('retinue@', 'clerk@'))
    const manager = new StoredSessionManager({ store })
    const session = new ChatSession({ user: await manager.user('ada'), manager, id: 's1' })
    await query(`revoke ${rights} from clerk`)
    const told = new Promise((resolve) => manager.on('saveFailed', ({ error }) => resolve(error)))
    session.messages.push({ role: 'user', parts: [{ type: 'text', text: 'Hello!' }] })
    expect(await told).toMatchObject({ code: 'RETINUE_POSTGRES_RIGHTS' })
    await query(`grant ${rights} to clerk`)
    await expect.poll(() => owner.get('session', 's1/'), { timeout: 15_000 }).toBeDefined()
    await Promise.all([store.close(), owner.close()])
  })

  test('a server that crashes loses nothing that was acknowledged, and a watch goes on', async () => {
    const store = await open()
    const told = new Set<string>()
    const watching = (async () => {
      for await (const { id } of store.watch({ kind: 'note' })) told.add(id)
    })()
    const lives = async (life: number): Promise<void> => {
      for (let turn = 1; turn <= 20; turn++)
        expect(await store.transact([append(`${life}`, turn)])).toEqual([{ rev: turn }])
    }
    const all = Promise.all([1, 2, 3, 4].map((life) => lives(life)))
    await server.crash()
    await all
    for (const life of [1, 2, 3, 4]) {
      const entries = await Array.fromAsync(store.read('note', `${life}`))
      expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    }
    await store.transact([put('after')])
    await expect.poll(() => [...told], { timeout: 15_000 }).toEqual(['after'])
    await store.close()
    await watching
  })

  test('removals that lie far back are forgotten, and a watch from before them is told', async () => {
    const store = await open()
    await store.transact([put('a'), put('b')])
    const before = await store.cursor()
    await store.transact([{ op: 'remove', kind: 'note', id: 'a' }, put('c')])
    await query(`select ${schemas.get(store)!}.forget(0, '0 s')`)
    expect((await query(`select from ${schemas.get(store)!}.receipt`)).rowCount).toBe(0)
    await expect(Array.fromAsync(store.watch({}, { after: before }))).rejects.toMatchObject({
      code: 'RETINUE_STORE_CURSOR_OLD',
    })
    await store.close()
  })

  test('a store that is closed has let its connections go', async () => {
    const store = await open('let_go')
    await store.transact([put('a')])
    const own = "select from pg_stat_activity where application_name = 'retinue' and query like '%let_go%'"
    expect((await query(own)).rowCount).toBeGreaterThan(0)
    await store.close()
    await expect.poll(async () => (await query(own)).rowCount).toBe(0)
  })

  test('once in a thousand transactions, receipts of long ago are forgotten', async () => {
    const store = await open('receipts')
    await query("insert into receipts.receipt values (gen_random_uuid(), now() - interval '2 hours', '{}')")
    await Promise.all(Array.from({ length: 1000 }, (_, i) => store.transact([put(`n${i}`)])))
    await store.close()
    const { rows } = await query(
      "select count(*)::int, min(at) > now() - interval '1 hour' as young from receipts.receipt",
    )
    expect(rows).toEqual([{ count: 1000, young: true }])
  })

  test('the end does not wait for a reader who is busy, and leaves a pool that was given open', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    const store = await open(undefined, pool)
    await store.transact([put('a')])
    const changes = store.watch({}, { after: '0' })[Symbol.asyncIterator]()
    expect((await changes.next()).value).toMatchObject({ id: 'a' }) // and does not come back for more
    await store.close()
    expect((await pool.query('select 1')).rowCount).toBe(1)
    await pool.end()
  })

  test('a connection that nobody uses keeps no process alive, though the server never ends it', async () => {
    const connections = () =>
      process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length
    const before = connections()
    const store = await open()
    await store.get('note', 'a')
    expect(connections()).toBeLessThanOrEqual(before)
    await store.close()
  })

  test('a watch that begins while the store is closed ends', async () => {
    const store = await open()
    const first = store.watch()[Symbol.asyncIterator]().next()
    await store.close()
    expect(await first).toMatchObject({ done: true })
  })

  test('a connection that is lost while the tables are made is told, and the next makes them', async () => {
    const proxy = await proxyTo(server.port)
    const url = server.url.replace(`:${server.port}`, `:${proxy.port}`)
    proxy.loseAnswerTo('create schema')
    expect(await refusal(url, 'unheard')).toBe('RETINUE_POSTGRES_UNREACHABLE')
    const both = await Promise.all([
      open('unheard', url),
      open('unheard', url),
      open('made', url),
      open('made', url),
    ])
    await Promise.all(both.map((store) => store.close()))
    proxy.close()
    expect((await query('select version from unheard.version')).rows).toEqual([{ version: 1 }])
  })

  test('one connection is enough', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    const store = await open(undefined, pool)
    const first = store.watch()[Symbol.asyncIterator]().next()
    await Promise.all([store.transact([put('a')]), store.transact([put('b')])])
    expect((await first).value).toMatchObject({ kind: 'note' })
    await store.close()
    await pool.end()
  })

  test('of a pool that several stores share, no more than half listens', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 2 })
    pool.on('error', () => {}) // of connections that the end of the server ends
    const [one, other] = [await open('one', pool), await open('other', pool)]
    const firsts = [one, other].map((store) => store.watch()[Symbol.asyncIterator]().next())
    const listening = async () => Number(await listeners('one')) + Number(await listeners('other'))
    await expect.poll(listening).toBe(1)
    await Promise.all([one.transact([put('a')]), other.transact([put('b')])])
    expect((await Promise.all(firsts)).map(({ value }) => value)).toMatchObject([{ id: 'a' }, { id: 'b' }])
    expect(await listening()).toBe(1)
    await Promise.all([one.close(), other.close()])
    await pool.end()
  })

  test('what it can not be opened on is told', async () => {
    await expect(postgresStore(process.env['NO_SUCH_VARIABLE']!)).rejects.toMatchObject({
      code: 'RETINUE_STORE_INVALID',
    })
    expect(await refusal('postgres://retinue@127.0.0.1:1/postgres')).toBe('RETINUE_POSTGRES_UNREACHABLE')
    expect(await refusal(server.url.replace('/postgres', '/nowhere'))).toBe('RETINUE_POSTGRES_REFUSED')
    expect(await refusal(`${server.url}?sslmode=verify-full`)).toBe('RETINUE_POSTGRES_REFUSED')
    await expect(postgresStore(server.url.replace('/postgres', ',127.0.0.1:1/postgres'))).rejects.toThrow(
      /RETINUE_POSTGRES_UNREACHABLE.*Invalid URL.*with one host/,
    )
    expect(await refusal(server.url, 'Not a name')).toBe('RETINUE_STORE_INVALID')

    await query('create schema things; create table things.thing (id int)')
    expect(await refusal(server.url, 'things')).toBe('RETINUE_POSTGRES_FOREIGN')
    await query(
      "create schema texts; create table texts.version (version text); insert into texts.version values ('x')",
    )
    expect(await refusal(server.url, 'texts')).toBe('RETINUE_POSTGRES_FOREIGN')

    const store = await open('newer')
    await query('update newer.version set version = 99')
    expect(await refusal(server.url, 'newer')).toBe('RETINUE_POSTGRES_NEWER')
    await query('drop function newer.transact')
    await expect(store.transact([put('a')])).rejects.toMatchObject({ code: 'RETINUE_POSTGRES_NEWER' })
    await store.close()

    await query("create database latin encoding 'LATIN1' template template0")
    expect(await refusal(server.url.replace('/postgres', '/latin'))).toBe('RETINUE_POSTGRES_UNSUPPORTED')
    await query(
      "create role strict login; alter role strict set default_transaction_isolation = 'serializable'",
    )
    expect(await refusal(server.url.replace('retinue@', 'strict@'))).toBe('RETINUE_POSTGRES_UNSUPPORTED')
  })

  test('a role with no rights but to use the tables can use them; one without is told, and so is a replica', async () => {
    await query(
      'create role guest login; create role reader login; alter role reader set default_transaction_read_only = on',
    )
    const guest = server.url.replace('retinue@', 'guest@')
    expect(await refusal(guest, 'granted')).toBe('RETINUE_POSTGRES_RIGHTS')
    await query('create schema given authorization guest')
    expect(await refusal(guest, 'given')).toBe('opened')
    const owner = await open('granted')
    await query(
      `grant usage on schema granted to guest, reader;
       grant select, insert, update, delete on all tables in schema granted to guest, reader;
       grant usage, select on all sequences in schema granted to guest, reader`,
    )
    const uses = async (store: RecordStore) => {
      const cursor = await store.cursor()
      await store.transact([put('a'), append('a', 1)])
      expect((await store.watch({}, { after: cursor })[Symbol.asyncIterator]().next()).value).toMatchObject({
        id: 'a',
      })
      await store.close()
    }
    await uses(await open('granted', guest))
    const reader = await open('granted', server.url.replace('retinue@', 'reader@'))
    expect((await reader.get('note', 'a'))?.value).toBe(1)
    await expect(reader.transact([put('a')])).rejects.toMatchObject({ code: 'RETINUE_POSTGRES_READONLY' })
    await reader.close()
    await owner.close()
  })

  test('a server that takes over gives no revision or epoch twice, and what it lacks is told', async () => {
    const store = await open('over')
    await store.transact([put('a', 1)])
    const lease = await store.lease('turn', { ttlMs: 60_000 })
    await server.demote()
    const readonly = { code: 'RETINUE_POSTGRES_READONLY' }
    await expect(store.transact([put('a', 2)])).rejects.toMatchObject(readonly)
    await expect(store.cursor()).rejects.toMatchObject(readonly)
    expect(await store.get('note', 'a')).toEqual({ rev: 1, value: 1 })
    expect(await refusal(server.url, 'over')).toBe('RETINUE_POSTGRES_READONLY')

    await query('select pg_promote()')
    const before = await store.cursor()
    await query('update over.lease set request = gen_random_uuid()') // somebody else's, and as old as ours
    const lost = { code: 'RETINUE_STORE_CONFLICT', details: { expected: 2, actual: 1 } }
    await expect(store.transact([{ ...put('a', 3), expect: 2 }])).rejects.toMatchObject(lost)
    const [made] = await store.transact([{ ...put('a', 3), expect: 1 }])
    expect(made!.rev).toBe(1_000_000_002)
    await expect(Array.fromAsync(store.watch({}, { after: before }))).rejects.toMatchObject({
      code: 'RETINUE_STORE_CURSOR_OLD',
    })
    const changes = store.watch({}, { after: await store.cursor() })[Symbol.asyncIterator]()
    await store.transact([put('b')])
    expect((await changes.next()).value).toMatchObject({ id: 'b', rev: 1_000_000_003 })
    await expect(lease!.renew()).rejects.toMatchObject({ code: 'RETINUE_STORE_LEASE_LOST' })
    await lease!.release()
    expect(await store.lease('turn', { ttlMs: 60_000 })).toBeUndefined()
    expect((await store.lease('next', { ttlMs: 60_000 }))?.epoch).toBe(1_000_000_001)
    await store.close()
  })
})
