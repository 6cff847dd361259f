import {
  AgentConfig,
  type ChatSession,
  ChatUser,
  Config,
  definePlugin,
  register,
  Secret,
  Type,
} from '@retinue/kernel'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { memoryStore } from '@retinue/store'
import { afterAll, expect, test } from 'vitest'
import { SessionLibrary } from '../src/session-library.ts'
import { makeFolder } from './a-folder.ts'

const Tone = Config('tone', {
  tone: Type.String({ default: 'plain' }),
  pace: Type.String({ default: 'even' }),
  voice: Type.Optional(Secret()),
})
afterAll(register(definePlugin({ name: '@test/tone', version: '1.0.0', contributes: [Tone] })))

const say = (session: ChatSession, text: string): void => {
  session.messages.push({ role: 'user', parts: [{ type: 'text', text }] })
}
const said = ({ messages }: ChatSession): string[] =>
  messages.map(({ parts }) => (parts[0] as { text: string }).text)

/** Two commands in one session, in which `hello` was said. */
async function twoInOne() {
  const folder = makeFolder()
  const agent = new AgentConfig({ name: 'guide' })
  const [here, there] = [await SessionLibrary.open(folder, 'ada'), await SessionLibrary.open(folder, 'ada')]
  const mine = here.create({ user: await here.user(new ChatUser({ id: 'ada' })), agent })
  say(mine, 'hello')
  expect((await here.keep(mine)).session).toBe(mine)
  const { session: theirs } = await there.open(mine.id, { agent })
  return { folder, here, there, agent, mine, theirs }
}

test('what two commands say to one session is kept: by the first in it, by the second in one of its own', async () => {
  const { folder, here, there, mine, theirs } = await twoInOne()
  say(mine, 'here')
  await here.keep(mine)
  say(theirs, 'there')
  const { session: kept, notice } = await there.keep(theirs)
  expect(notice).toContain('went on somewhere else meanwhile')
  expect(notice).toContain(`of its own: ${kept.id.slice(0, 8)}`)
  expect(kept.id).not.toBe(mine.id)
  expect(said((await here.open(kept.id)).session)).toEqual(['hello', 'there'])
  say(kept, 'again')
  expect(await there.keep(kept)).toEqual({ session: kept, notice: undefined, isKept: true })
  await Promise.all([here.close(), there.close()])

  const later = await SessionLibrary.open(folder, 'ada')
  expect(said((await later.open(mine.id)).session)).toEqual(['hello', 'here'])
  expect(said((await later.open(kept.id)).session)).toEqual(['hello', 'there', 'again'])
  await later.close()
})

test('a store of the configuration keeps sessions in the place of the folder, and says what kept it from opening', async () => {
  const folder = join(makeFolder(), 'data')
  const store = memoryStore()
  const [here, there] = [
    await SessionLibrary.open(folder, 'ada', () => store),
    await SessionLibrary.open(folder, 'ada', () => Promise.resolve(store)),
  ]
  const agent = new AgentConfig({ name: 'guide' })
  const mine = here.create({ user: await here.user(new ChatUser({ id: 'ada' })), agent })
  say(mine, 'hello')
  await here.keep(mine)
  expect(said((await there.open(mine.id, { agent })).session)).toEqual(['hello'])
  expect(existsSync(folder)).toBe(false)
  const refused = SessionLibrary.open(folder, 'ada', () => Promise.reject(new Error('no way there')))
  await expect(refused).rejects.toMatchObject({
    code: 'RETINUE_CLI_DATA',
    message: expect.stringContaining('no way there'),
  })
})

test('what a configuration sets of the user goes over what was kept field by field, secrets included', async () => {
  const folder = makeFolder()
  const configured = () =>
    new ChatUser({ id: 'ada', config: { tone: { tone: 'warm', voice: Secret.value('v') } } as object })
  for (const tone of ['plain', 'warm']) {
    const library = await SessionLibrary.open(folder, 'ada')
    const user = await library.user(tone === 'plain' ? new ChatUser({ id: 'ada' }) : configured())
    expect(user.config.$get(Tone).$values()).toMatchObject(tone === 'plain' ? {} : { tone, pace: 'slow' })
    user.config.$get(Tone).pace = 'slow'
    await library.saved()
    await library.close()
  }
  const library = await SessionLibrary.open(folder, 'ada')
  const { voice, ...others } = (await library.user(configured())).config.$get(Tone).$values()
  expect([voice?.$secret, others]).toEqual(['value', { tone: 'warm', pace: 'slow' }])
  await library.close()
})

test('no session is meant by the beginning of nothing', async () => {
  const { here, there } = await twoInOne()
  await expect(here.find('')).rejects.toMatchObject({ code: 'RETINUE_CLI_SESSION_UNKNOWN' })
  await Promise.all([here.close(), there.close()])
})

test('where two commands set one field of the user, the one that was kept first holds', async () => {
  const folder = makeFolder()
  const agent = new AgentConfig({ name: 'guide' })
  const [here, there] = [await SessionLibrary.open(folder, 'ada'), await SessionLibrary.open(folder, 'ada')]
  const [mine, theirs] = [
    await here.user(new ChatUser({ id: 'ada' })),
    await there.user(new ChatUser({ id: 'ada' })),
  ]
  mine.config.$get(Tone).tone = 'warm'
  theirs.config.$get(Tone).tone = 'cold'
  expect((await here.keep(here.create({ user: mine, agent }))).notice).toBeUndefined()
  const session = there.create({ user: theirs, agent })
  say(session, 'hello')
  expect(await there.keep(session)).toEqual({
    session,
    notice: expect.stringContaining('holds'),
    isKept: true,
  })
  expect(theirs.config.$get(Tone).tone).toBe('warm')
  await Promise.all([here.close(), there.close()])
})

test('a command takes over what another one says, and goes on by itself where the session was deleted', async () => {
  const { here, there, mine, theirs } = await twoInOne()
  const { signal } = new AbortController()
  const goneOn = there.goneOn(theirs, signal)
  say(mine, 'here')
  await here.keep(mine)
  const again = (await goneOn)!
  expect([said(again), theirs.closed]).toEqual([['hello', 'here'], true])
  const waiting = there.goneOn(again, signal)
  await here.remove(mine.id)
  expect([await waiting, again.closed]).toEqual([undefined, false])
  say(again, 'there')
  const { session: kept, isKept, notice } = await there.keep(again)
  expect([isKept, said(kept), kept.id === mine.id]).toEqual([true, ['hello', 'here', 'there'], false])
  expect(notice).toContain('was deleted meanwhile')
  expect(said((await here.open(kept.id)).session)).toEqual(['hello', 'here', 'there'])
  await Promise.all([here.close(), there.close()])
})

test('where two commands go on with one session and set one field of its user, all that was said is kept', async () => {
  const { here, there, mine, theirs } = await twoInOne()
  say(mine, 'here')
  mine.user.config.$get(Tone).tone = 'warm'
  await here.keep(mine)
  say(theirs, 'there')
  theirs.user.config.$get(Tone).tone = 'cold'
  const { session: kept, notice } = await there.keep(theirs)
  expect(notice).toContain(`of its own: ${kept.id.slice(0, 8)}`)
  expect(kept.closed).toBe(false)
  expect([said(kept), kept.config.$get(Tone).tone]).toEqual([['hello', 'there'], 'warm'])
  expect(said((await here.open(kept.id)).session)).toEqual(['hello', 'there'])
  await Promise.all([here.close(), there.close()])
})

test('a session stays itself where it is another one that went on somewhere else', async () => {
  const { here, there, agent, mine, theirs } = await twoInOne()
  say(mine, 'here')
  await here.keep(mine)
  say(theirs, 'there')
  theirs.close()
  const next = there.create({ user: theirs.user, agent })
  say(next, 'next')
  expect(await there.keep(next)).toEqual({
    session: next,
    notice: expect.stringContaining('closed here'),
    isKept: false,
  })
  expect(next.closed).toBe(false)
  expect(said((await here.open(next.id, { agent })).session)).toEqual(['next'])
  await Promise.all([here.close(), there.close()])
})

test('what was said stays in its session where no other one can be made of it', async () => {
  const { here, there, mine, theirs } = await twoInOne()
  say(mine, 'here')
  await here.keep(mine)
  say(theirs, 'x'.repeat(64 * 1024 * 1024)) // more than is loaded
  expect(await there.keep(theirs)).toEqual({
    session: theirs,
    notice: expect.stringContaining('maxBytes'),
    isKept: false,
  })
  expect([theirs.closed, theirs.messages.length]).toEqual([false, 2])
  await Promise.all([here.close(), there.close()])
})
