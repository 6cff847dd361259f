import { describe, expect, it } from 'vitest'
import {
  ChatSession,
  ChatUser,
  Config,
  Context,
  createRegistry,
  definePlugin,
  Secret,
  Type,
} from '../src/index.ts'

class Knobs extends Config('knobs', { n: Type.Integer({ default: 5 }), key: Type.Optional(Secret()) }) {}
class Notes extends Context('notes', { n: Type.Integer({ default: 0 }) }) {}
const own = createRegistry()
own.register(definePlugin({ name: 'user', version: '1.0.0', contributes: [Knobs, Notes] }))

describe('a user', () => {
  it('has a name, or is refused before anything is made (SPEC 26)', () => {
    for (const options of [undefined, {}, { id: '' }, { id: 5 }])
      expect(() => new ChatUser(options as never)).toThrow('RETINUE_OWNER_INVALID')
    const registry = createRegistry()
    expect(new ChatUser({ id: 'ada', registry }).config.$types()).toEqual([])
    expect(registry.manager).toBeUndefined()
  })

  it('starts with what it is given (SPEC 17)', () => {
    const user = new ChatUser({ id: 'ada', registry: own, config: { knobs: { n: 7 } }, context: ['notes'] })
    expect([user.config.$get(Knobs).n, user.context.$types(), user.sections.$types()]).toEqual([
      7,
      ['notes'],
      [],
    ])
  })

  it('shows what is set on it in every session at once, and keeps it when they end (SPEC 33, 34)', () => {
    const user = new ChatUser({ id: 'ada', registry: own })
    const [one, two] = [new ChatSession({ user }), new ChatSession({ user })]
    const heard: unknown[] = []
    two.on('configAdded', ({ type }) => heard.push(type))
    user.config.$set(Knobs, { n: 8 })
    expect([one.config.$get(Knobs).n, two.config.$get(Knobs).n, heard]).toEqual([8, 8, ['knobs']])
    one.close()
    two.close()
    expect(user.config.$get(Knobs).n).toBe(8)
  })

  it('is saved as what was set and asked for, and restored as that (SPEC 48, 49)', () => {
    const user = new ChatUser({ id: 'ada', registry: own })
    user.config.$set(Knobs, { n: 8, key: Secret.env('SOME_KEY') })
    user.context.$get(Notes)
    const saved = user.snapshot()
    expect(saved).toEqual({
      format: 1,
      id: 'ada',
      config: { knobs: { version: 1, values: { n: 8, key: { $secret: 'env', name: 'SOME_KEY' } } } },
      context: {},
      sections: {},
      requested: ['context.notes'],
    })
    const { user: again, report } = ChatUser.restore(JSON.stringify(saved), {
      registry: own,
      secrets: ['SOME_KEY'],
    })
    expect([again.snapshot(), report.ok, again.context.$types()]).toEqual([saved, true, ['notes']])
    expect(ChatUser.restore({ ...saved, config: {}, requested: [] }).user.id).toBe('ada')
  })
})
