import { readFileSync } from 'node:fs'
import { ChatSession, ChatUser, Context, definePlugin, Type } from '@retinue/kernel'
import { callTool } from '@retinue/testing'
import { expect, test } from 'vitest'
import { makeSession } from './a-session.ts'

test('the date stands last, and a new day leaves all before it byte for byte the same (SPEC 45)', () => {
  const { agent, session } = makeSession()
  agent.config.clock.timeZone = 'Europe/Berlin'
  const [monday, tuesday] = ['2026-10-05T12:00Z', '2026-10-06T12:00Z'].map((now) =>
    session.prompt({ now: new Date(now) }),
  )
  expect(monday!.text).toBe('You help.\n\nToday is Monday, 2026-10-05 (Europe/Berlin).')
  expect(tuesday!.text).toBe('You help.\n\nToday is Tuesday, 2026-10-06 (Europe/Berlin).')
  expect(tuesday!.parts.slice(0, -1)).toEqual(monday!.parts.slice(0, -1))
  expect(tuesday!.tools).toEqual(monday!.tools)
  expect(monday!.parts.at(-1)).toMatchObject({ section: 'clock', stability: 'turn', slot: 'end' })
  expect(monday!.notices).toEqual([])
  // All that the new day costs is the line that says it.
  expect(tuesday!.notices).toMatchObject([{ kind: 'cache', tokens: monday!.parts.at(-1)!.tokens }])
})

test('within a day the prompt stays the same', () => {
  const { session } = makeSession()
  const texts = ['00:00:00', '11:11:11', '23:59:59'].map(
    (time) => session.prompt({ now: new Date(`2026-10-05T${time}Z`) }).text,
  )
  expect(new Set(texts).size).toBe(1)
})

test('the day is that of the zone, which is UTC where nobody names one (SPEC 33)', () => {
  const { user, session } = makeSession()
  const now = new Date('2026-10-05T23:30Z')
  expect(session.prompt({ now }).text).toContain('Monday, 2026-10-05 (UTC)')
  user.config.clock.timeZone = 'Asia/Tokyo'
  expect(session.prompt({ now }).text).toContain('Tuesday, 2026-10-06 (Asia/Tokyo)')
  session.config.clock.timeZone = 'America/New_York'
  expect(session.prompt({ now }).text).toContain('Monday, 2026-10-05 (America/New_York)')
})

test('a zone that this machine does not know leaves the date out and says so; the prompt goes on (SPEC 44)', async () => {
  const { user, session } = makeSession()
  user.config.clock.timeZone = 'Luna/Tranquility'
  const { text, notices } = session.prompt()
  expect(text).toBe('You help.')
  expect(notices).toMatchObject([{ kind: 'failed', section: 'clock' }])
  expect(notices[0]!.message).toContain("There is no time zone 'Luna/Tranquility'.")
  using turn = session.interact()
  await expect(callTool(turn, 'clock_now', {})).rejects.toMatchObject({ code: 'RETINUE_CLOCK_ZONE' })
})

test('now tells the time in the zone that is asked for, or else in the one that is set', async () => {
  const { user, session } = makeSession()
  user.config.clock.timeZone = 'Asia/Kathmandu'
  using turn = session.interact()
  const before = Math.floor(Date.now() / 1000) * 1000
  const told = (await callTool(turn, 'clock_now', {})) as string
  const after = Date.now()
  const [, date, time] =
    /^[A-Z][a-z]+day, (\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d)?) in Asia\/Kathmandu \(UTC\+05:45\)$/.exec(told)!
  const instant = Date.parse(`${date}T${time}+05:45`)
  expect(instant).toBeGreaterThanOrEqual(before)
  expect(instant).toBeLessThanOrEqual(after)
  expect(await callTool(turn, 'clock_now', { timeZone: 'UTC' })).toMatch(/ in UTC \(UTC\+00:00\)$/)
})

test('convert takes what is not named from the zone that is set', async () => {
  const { user, session } = makeSession()
  user.config.clock.timeZone = 'Europe/Berlin'
  using turn = session.interact()
  const convert = (input: object) => callTool(turn, 'clock_convert', { time: '2026-10-05T14:00', ...input })
  const berlin = 'Monday, 2026-10-05 14:00 in Europe/Berlin (UTC+02:00)'
  expect(await convert({ to: 'America/New_York' })).toBe(
    `${berlin} is Monday, 2026-10-05 08:00 in America/New_York (UTC-04:00).`,
  )
  expect(await convert({ from: 'Asia/Tokyo' })).toBe(
    'Monday, 2026-10-05 14:00 in Asia/Tokyo (UTC+09:00) is Monday, 2026-10-05 07:00 in Europe/Berlin (UTC+02:00).',
  )
})

test('convert refuses what no clock shows, and what is no time at all', async () => {
  const { session } = makeSession()
  using turn = session.interact()
  const convert = (time: string) => callTool(turn, 'clock_convert', { time })
  await expect(convert('2026-02-30T12:00')).rejects.toMatchObject({ code: 'RETINUE_CLOCK_TIME' })
  await expect(convert('tomorrow at five')).rejects.toThrow('/time')
})

test('the zone of the preferences is used where that plugin is there and the clock has none (SPEC 9)', async () => {
  class UserPreferences extends Context('user_preferences', { timeZone: Type.Optional(Type.String()) }) {}
  const other = definePlugin({ name: '@test/preferences', version: '1.0.0', contributes: [UserPreferences] })
  const { registry, session } = makeSession()
  const now = new Date('2026-10-05T12:00Z')
  const zones = async () => {
    using turn = session.interact()
    const [, told] = / in (\S+)/.exec((await callTool(turn, 'clock_now', {})) as string)!
    return [/\((.+)\)/.exec(session.prompt({ now }).text)![1], told]
  }
  registry.register(other)
  expect(await zones()).toEqual(['UTC', 'UTC'])
  expect(session.context.$types()).toEqual([]) // looking has not asked for it

  session.context.$set(UserPreferences, { timeZone: 'Asia/Tokyo' })
  expect(await zones()).toEqual(['Asia/Tokyo', 'Asia/Tokyo'])
  expect(session.prompt({ now }).notices.filter(({ kind }) => kind === 'stability')).toEqual([])
  session.config.clock.timeZone = 'Europe/Berlin'
  expect(await zones()).toEqual(['Europe/Berlin', 'Europe/Berlin'])
  session.sections.clock.timeZone = 'Asia/Kolkata' // what the section says, the tools mean
  expect(await zones()).toEqual(['Asia/Kolkata', 'Asia/Kolkata'])
})

test('the tools are published under the name of the toolset, and have no effect (SPEC 54)', () => {
  const { session } = makeSession()
  expect(session.tools.published().map(({ name, tool }) => [name, tool.effect])).toEqual([
    ['clock_now', 'pure'],
    ['clock_convert', 'pure'],
  ])
})

test('the toolset brings its retinue in order, and leaves nothing but what the user set (SPEC 29, 30, 34)', async () => {
  const { user, agent, session } = makeSession([])
  const events: string[] = []
  for (const what of ['config', 'context', 'section', 'toolset'] as const) {
    session.on(`${what}Added`, ({ type }) => void events.push(`+ ${what} ${type}`))
    session.on(`${what}Removed`, ({ type }) => void events.push(`- ${what} ${type}`))
  }
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('clock')
  {
    using turn = session.interact()
    await callTool(turn, 'clock_now', {})
    await callTool(turn, 'clock_convert', { time: '2026-10-05T14:00' })
    session.prompt({ interaction: turn })
  }
  agent.tools.remove('clock')
  expect(events).toEqual([
    '+ config clock',
    '+ section clock',
    '+ toolset clock',
    '- section clock',
    '- config clock',
    '- toolset clock',
  ])
  expect(JSON.stringify([session, user, agent])).toBe(before)

  agent.tools.push('clock')
  user.config.clock.timeZone = 'Europe/Berlin'
  agent.tools.remove('clock')
  expect(user.snapshot().config).toEqual({ clock: { version: 1, values: { timeZone: 'Europe/Berlin' } } })
})

test('what version 1 saved comes back as it was (SPEC 49, 50)', () => {
  const { registry, agent } = makeSession()
  const saved = JSON.parse(readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')) as Record<
    'user' | 'session',
    object
  >
  const { user, report: ofUser } = ChatUser.restore(saved.user, { registry })
  const { session, report } = ChatSession.restore(saved.session, { user, agent, registry })
  expect([ofUser.ok, report.ok, report.unknown, report.parked]).toEqual([true, true, [], []])
  expect({ user: user.snapshot(), session: session.snapshot() }).toEqual(saved)
  expect(user.config.clock.timeZone).toBe('Europe/Berlin')
  expect(session.prompt({ now: new Date('2026-10-05T12:00Z') }).text).toContain('(Asia/Tokyo)')
})
