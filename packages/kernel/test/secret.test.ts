import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Config,
  Context,
  RetinueError,
  Secret,
  Section,
  Type,
} from '../src/index.ts'
import { isSecretRef, loadedSecret } from '../src/secret.ts'
import { aSession, thrownBy } from './a-session.ts'

class SearchConfig extends Config('search', {
  apiKey: Type.Optional(Secret()),
  owner: Type.String({ default: 'nobody', setBy: ['agent', 'user'] }),
}) {}
class Account extends Context('account', { key: Type.Optional(Secret()) }) {}
class Told extends Section('told', {}, { template: 'Key: <%= context.account.key %>', needs: [Account] }) {}
class Dumped extends Section(
  'dumped',
  {},
  { template: '<%= json(context) %><%= context.account %>', needs: [Account] },
) {}

const text = 'sesame-open-up'
const shows = (what: unknown) =>
  [JSON.stringify(what), inspect(what, { depth: 9, showHidden: true }), String(what)]
    .join('\n')
    .includes(text)

describe('a reference to a secret', () => {
  test('shows where it leads, never what is there (D17)', () => {
    process.env.RETINUE_TEST_SECRET = text
    for (const ref of [Secret.env('RETINUE_TEST_SECRET'), Secret.file('/etc/secret'), Secret.value(text)]) {
      expect(isSecretRef(ref)).toBe(true)
      expect(shows(ref)).toBe(false)
      expect(Object.keys(ref)).toEqual(['$secret', 'name'])
      expect(() => Object.assign(ref, { name: 'OTHER' })).toThrow(TypeError)
    }
    delete process.env.RETINUE_TEST_SECRET
    expect(JSON.stringify(Secret.env('KEY'))).toBe('{"$secret":"env","name":"KEY"}')
    expect(inspect(Secret.env('KEY'))).toContain('[secret env:KEY]')
    expect(inspect(Secret.value('x'))).toContain('[secret]')
  })

  test('is something that somebody made, and not data that looks like it (D17)', () => {
    for (const data of [{ $secret: 'env', name: 'KEY' }, null, 'KEY', 5])
      expect(isSecretRef(data)).toBe(false)
    const nobody = new Set<string>()
    for (const data of [
      null,
      'KEY',
      {},
      { $secret: 'value', name: 'x' },
      { $secret: 'env' },
      { $secret: 'file', name: 5 },
    ]) {
      expect(loadedSecret(data, nobody)).toBeUndefined()
    }
    expect(loadedSecret({ $secret: 'file', name: '/a' }, nobody)).toEqual({ $secret: 'file', name: '/a' })
  })
})

describe('a secret field', () => {
  test('takes references only, from users and agents only (D17)', () => {
    const { session, user, agent } = aSession(SearchConfig)
    user.config.$get(SearchConfig).apiKey = Secret.env('USER_KEY')
    agent.config.$get(SearchConfig).apiKey = Secret.file('/agent/key')
    for (const value of [text, { $secret: 'env', name: 'KEY' }, 5, {}]) {
      const error = thrownBy(() => (user.config.$get(SearchConfig).apiKey = value as never))
      expect(error.code).toBe('RETINUE_VALUE_INVALID')
      expect(shows(error)).toBe(false)
    }
    using turn = session.interact()
    for (const owner of [session, turn]) {
      expect(thrownBy(() => (owner.config.$get(SearchConfig).apiKey = Secret.value(text))).code).toBe(
        'RETINUE_VALUE_REFUSED',
      )
      expect(thrownBy(() => owner.config.$set(SearchConfig, { apiKey: Secret.value(text) })).code).toBe(
        'RETINUE_VALUE_REFUSED',
      )
    }
    expect(session.config.$get(SearchConfig).apiKey).toEqual({ $secret: 'env', name: 'USER_KEY' })
  })

  test('is left out where effective values are copied to a session (D17, D5)', () => {
    const { session, user } = aSession(SearchConfig)
    user.config.$set(SearchConfig, { apiKey: Secret.value(text), owner: 'ada' })
    session.config.$get(SearchConfig).$pin()
    const pinned = session.snapshot().config.search?.values ?? {}
    expect(Object.keys(pinned)).not.toContain('apiKey')
    expect(Object.keys(pinned)).not.toContain('owner') // a session may not set it
  })

  test('of memory is never saved; what refers elsewhere is, by name (D17, SPEC 48)', () => {
    const { session, user, agent } = aSession(SearchConfig)
    user.config.$get(SearchConfig).apiKey = Secret.value(text)
    agent.config.$set(SearchConfig, { apiKey: Secret.value(text), owner: 'me' })
    for (const owner of [session, user, agent]) expect(shows(owner.snapshot())).toBe(false)
    expect(user.snapshot().config).toEqual({})
    expect(agent.snapshot().config).toEqual({ search: { version: 1, values: { owner: 'me' } } })
    user.config.$get(SearchConfig).apiKey = Secret.env('KEY')
    expect(user.snapshot().config).toEqual({
      search: { version: 1, values: { apiKey: { $secret: 'env', name: 'KEY' } } },
    })
  })

  test('comes back from what was saved as a reference, and is saved again alike (D17, SPEC 49)', () => {
    const { user, registry } = aSession(SearchConfig)
    user.config.$get(SearchConfig).apiKey = Secret.env('KEY')
    const saved = JSON.stringify(user)
    const { user: again, report } = ChatUser.restore(saved, { registry })
    expect(report.ok).toBe(true)
    expect(again.config.$get(SearchConfig).apiKey).toEqual({ $secret: 'env', name: 'KEY' })
    expect(JSON.stringify(again)).toBe(saved)
  })

  test('that was saved as something else is quarantined word for word (D17, D12)', () => {
    const { registry } = aSession(SearchConfig)
    for (const value of ['plain', { $secret: 'value', name: '' }, { $secret: 'env' }, null]) {
      const json = { format: 1, id: 'eve', config: { search: { version: 1, values: { apiKey: value } } } }
      const { user } = ChatUser.restore(json, { registry })
      expect(user.quarantine).toMatchObject([{ at: 'config.search', field: 'apiKey', value }])
      expect(user.config.$get(SearchConfig).apiKey).toBeUndefined()
    }
  })

  test('shows in no prompt, patch, event, log, explanation or error (D17)', () => {
    const { session, user } = aSession(SearchConfig, Account, Told, Dumped)
    const heard: unknown[] = []
    for (const owner of [user, session])
      for (const event of ['committed', 'changed', 'contextAdded', 'configAdded'])
        owner.on(event, (what) => heard.push(what))
    session.config.$get(SearchConfig).$on('changed', (what) => heard.push(what))
    user.config.$get(SearchConfig).apiKey = Secret.value(text)
    user.context.$get(Account).key = Secret.value(text)
    session.sections.$get(Told)
    session.sections.$get(Dumped)
    const prompt = session.prompt()
    expect(prompt.notices).toMatchObject([{ kind: 'failed', section: 'told' }])
    expect(prompt.text).toBe('{\n  "account": {}\n}{}')
    const error = thrownBy(() => session.sections.$get(Told).render())
    expect(error.code).toBe('RETINUE_SECRET_REFUSED')
    expect(error.message).toContain('Secrets are for tools and providers, never for prompts.')
    const explained = session.explain('config.search')
    expect(explained.fields.apiKey).toEqual({ value: '[secret value]', source: 'user' })
    expect(heard.length).toBeGreaterThan(3)
    const config = session.config.$get(SearchConfig)
    for (const what of [
      heard,
      prompt,
      error,
      explained,
      config,
      config.$values(),
      session.config,
      session.context,
      session,
      user,
    ]) {
      expect(shows(what)).toBe(false)
    }
  })
})

describe('who may set a field', () => {
  test('is checked on every write (D17)', () => {
    const { session, user, agent } = aSession(SearchConfig)
    agent.config.$get(SearchConfig).owner = 'agent'
    user.config.$get(SearchConfig).owner = 'user'
    using turn = session.interact()
    for (const owner of [session, turn]) {
      const error = thrownBy(() => (owner.config.$get(SearchConfig).owner = 'mine'))
      expect(error.code).toBe('RETINUE_VALUE_REFUSED')
      expect(error.message).toContain('only agent and user may set it')
    }
    expect(session.config.$get(SearchConfig).owner).toBe('user')
  })

  test('is checked on what is loaded, for each sort of owner (D17)', () => {
    class Policy extends Config('policy', { level: Type.Integer({ default: 1, setBy: ['agent'] }) }) {}
    const { user, registry } = aSession(Policy)
    const config = { policy: { version: 1, values: { level: 9 } } }
    const eve = ChatUser.restore({ format: 1, id: 'eve', config }, { registry }).user
    const boss = AgentConfig.restore({ format: 1, name: 'boss', config }, { registry }).agent
    const { session } = ChatSession.restore(
      { format: 1, id: 's2', user: 'ada', agent: 'boss', config },
      { user, agent: boss },
    )
    expect([eve.quarantine.length, boss.quarantine.length, session.quarantine.length]).toEqual([1, 0, 1])
    expect(session.quarantine[0]).toMatchObject({
      at: 'config.policy',
      field: 'level',
      value: 9,
      code: 'RETINUE_VALUE_REFUSED',
    })
    expect(session.config.$get(Policy).level).toBe(9) // of the agent
  })
})

test('a secret hidden inside a field is refused when the class is made (D17)', () => {
  expect(() => Config('bad', { inner: Type.Object({ key: Secret() }, { default: {} }) })).toThrow(
    RetinueError,
  )
})
