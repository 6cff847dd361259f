import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ChatUser, Config, openSecrets, Secret, Type } from '../src/index.ts'
import { aSession, thrownBy } from './a-session.ts'

class SearchConfig extends Config('search', {
  baseUrl: Type.String({ default: 'https://search.example' }),
  proxy: Type.String({ default: '' }),
  apiKey: Type.Optional(Secret()),
  token: Type.Optional(Secret({ sentTo: ['baseUrl', 'proxy'] })),
}) {}

const folder = mkdtempSync(join(tmpdir(), 'retinue-secret-'))
afterAll(() => rmSync(folder, { recursive: true }))

const read = (item: object, field: string) => {
  const secrets = openSecrets()
  try {
    return secrets.read(item, field)
  } finally {
    secrets.close()
  }
}

describe('a secret is read', () => {
  test('from the environment, a file, or memory, wherever the item is reached (D17)', () => {
    const { session, user } = aSession(SearchConfig)
    const file = join(folder, 'key')
    writeFileSync(file, '  of a file\n')
    process.env.RETINUE_TEST_KEY = 'of the environment'
    using turn = session.interact()
    for (const [secret, text] of [
      [Secret.env('RETINUE_TEST_KEY'), 'of the environment'],
      [Secret.file(file), 'of a file'],
      [Secret.value('of memory'), 'of memory'],
    ] as const) {
      user.config.$get(SearchConfig).apiKey = secret
      for (const owner of [user, session, turn])
        expect(read(owner.config.$get(SearchConfig), 'apiKey')).toBe(text)
    }
    delete process.env.RETINUE_TEST_KEY
  })

  test('anew each time: a key that was rotated is found (D17)', () => {
    const { session, agent } = aSession(SearchConfig)
    agent.config.$get(SearchConfig).apiKey = Secret.env('RETINUE_TEST_KEY')
    for (const key of ['one', 'two']) {
      process.env.RETINUE_TEST_KEY = key
      expect(read(session.config.$get(SearchConfig), 'apiKey')).toBe(key)
    }
    delete process.env.RETINUE_TEST_KEY
  })

  test('from an item that belongs to nobody, too (D17)', () => {
    const { registry } = aSession(SearchConfig)
    expect(read(registry.configs.create(SearchConfig, { token: Secret.value('x') }), 'token')).toBe('x')
  })

  test('only inside the call (D17)', () => {
    const { user } = aSession(SearchConfig)
    user.config.$get(SearchConfig).apiKey = Secret.value('x')
    const secrets = openSecrets()
    expect(secrets.read(user.config.$get(SearchConfig), 'apiKey')).toBe('x')
    secrets.close()
    expect(thrownBy(() => secrets.read(user.config.$get(SearchConfig), 'apiKey')).message).toContain(
      'the call is over',
    )
  })
})

describe('a secret stays closed', () => {
  test('where there is nothing, with what to do about it (D17)', () => {
    const { user } = aSession(SearchConfig)
    const config = user.config.$get(SearchConfig)
    const refused = (field = 'apiKey') => {
      const error = thrownBy(() => read(config, field))
      expect(error.code).toBe('RETINUE_SECRET_REFUSED')
      return error
    }
    expect(refused().message).toContain('it is not set')
    expect(refused('baseUrl').message).toContain('the field is no secret')
    config.apiKey = Secret.env('RETINUE_TEST_UNSET')
    expect(refused().message).toContain('Set the variable RETINUE_TEST_UNSET.')
    config.apiKey = Secret.file(join(folder, 'missing'))
    expect(refused().message).toContain('missing] is not there. Look at the path')
    expect(refused().cause).toMatchObject({ code: 'ENOENT' })
    config.apiKey = Secret.file(folder)
    expect(refused().cause).toMatchObject({ code: 'EISDIR' })
    expect(thrownBy(() => read(config, 'nope')).code).toBe('RETINUE_FIELD_UNKNOWN')
    for (const none of [{}, null, 'config', { apiKey: Secret.value('x') }]) {
      expect(thrownBy(() => read(none as object, 'apiKey')).code).toBe('RETINUE_TYPE_MISMATCH')
    }
  })

  test('where where it is sent comes from another layer than the secret (D17)', () => {
    const { session, user, agent } = aSession(SearchConfig)
    const at = session.config.$get(SearchConfig)
    agent.config.$get(SearchConfig).token = Secret.value('of the agent')
    expect(read(at, 'token')).toBe('of the agent') // defaults are nobody's choice
    agent.config.$get(SearchConfig).baseUrl = 'https://mine.example'
    expect(read(at, 'token')).toBe('of the agent')
    for (const owner of [user, session]) {
      owner.config.$get(SearchConfig).proxy = 'https://evil.example'
      const error = thrownBy(() => read(at, 'token'))
      expect(error.code).toBe('RETINUE_SECRET_REFUSED')
      expect(error.message).toContain(`'proxy') by the ${owner === user ? 'user' : 'session'}`)
      owner.config.$get(SearchConfig).$reset('proxy')
    }
    using turn = session.interact()
    turn.config.$get(SearchConfig).baseUrl = 'https://evil.example'
    expect(thrownBy(() => read(turn.config.$get(SearchConfig), 'token')).message).toContain(
      'by the interaction',
    )
    expect(read(at, 'token')).toBe('of the agent')
    user.config.$get(SearchConfig).token = Secret.value('of the user')
    expect(thrownBy(() => read(at, 'token')).message).toContain(
      "set by the user, and where it is sent ('baseUrl') by the agent",
    )
  })

  test('where it came from loaded data, until the application allows it by name (D17, SPEC 52)', () => {
    const { registry } = aSession(SearchConfig)
    process.env.RETINUE_TEST_KEY = 'mine'
    const json = {
      format: 1,
      id: 'eve',
      config: { search: { version: 1, values: { apiKey: { $secret: 'env', name: 'RETINUE_TEST_KEY' } } } },
    }
    const { user } = ChatUser.restore(json, { registry, secrets: ['OTHER'] })
    const error = thrownBy(() => read(user.config.$get(SearchConfig), 'apiKey'))
    expect(error.code).toBe('RETINUE_SECRET_REFUSED')
    expect(error.message).toContain("Allow it by name when you restore: { secrets: ['RETINUE_TEST_KEY'] }.")
    const allowed = ChatUser.restore(json, { registry, secrets: ['RETINUE_TEST_KEY'] })
    expect(read(allowed.user.config.$get(SearchConfig), 'apiKey')).toBe('mine')
    delete process.env.RETINUE_TEST_KEY
  })
})
