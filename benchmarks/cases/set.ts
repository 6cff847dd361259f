// Setting a field with validation, as a transaction with its patch, heard by one observer. The rivals do that work by
// their own means: mobx checks in an interceptor, and a reaction after the action makes the patch; mobx-state-tree checks
// its types, which it leaves out in production unless it is told to, and makes patches of its own. What mobx costs when it
// neither checks nor makes a patch, and tells in the middle of the action, is shown beside it.
import { action, intercept, makeObservable, observable, observe, reaction } from 'mobx'
import { AgentConfig, ChatSession, ChatUser, compileSchema, createRegistry, Type } from '@retinue/kernel'
import type { Case } from '../case.ts'
import { itemOf, pluginOf } from '../plugins.ts'

const rounds = 5000

const setter = (item: { count: number }, heard: () => number) => ({
  ops: rounds,
  run: () => {
    const before = heard()
    for (let i = 1; i <= rounds; i++) item.count = i
    item.count = 0
    if (heard() !== before + rounds + 1) throw new Error(`heard ${heard() - before}`)
  },
})

/** As an application would have it in mobx. */
class Item {
  count = 0
  constructor() {
    makeObservable(this, { count: observable, set: action })
  }
  set(value: number): void {
    this.count = value
  }
}

const setThrough = (item: { readonly count: number; set(value: number): void }) => ({
  get count() {
    return item.count
  },
  set count(value) {
    item.set(value)
  },
})

export default {
  what: 'a field set, validated, in a transaction with its patch and one observer, against a setter with a callback',
  variants: {
    bare: () => {
      let heard = 0
      class Plain {
        #count = 0
        readonly listeners: ((value: number) => void)[] = []
        get count(): number {
          return this.#count
        }
        set count(value: number) {
          if (value === this.#count) return
          this.#count = value
          for (const listener of this.listeners) listener(value)
        }
      }
      const item = new Plain()
      item.listeners.push(() => heard++)
      return setter(item, () => heard)
    },
    mobx: () => {
      let heard = 0
      const count = compileSchema(Type.Integer({ minimum: 0 }))
      const item = new Item()
      intercept(item, 'count', (change) => {
        if (!count.check(change.newValue)) throw new TypeError('The count does not fit.')
        return change
      })
      reaction(
        () => item.count,
        (to, from) => {
          const patches = [{ owner: 'item', field: 'count', from, to }]
          heard += patches.length
        },
      )
      return setter(setThrough(item), () => heard)
    },
    'mobx, unchecked and without a patch': () => {
      let heard = 0
      const item = new Item()
      observe(item, 'count', () => void heard++)
      return setter(setThrough(item), () => heard)
    },
    mst: async () => {
      process.env.ENABLE_TYPE_CHECK = 'true'
      const { onPatch, types } = await import('mobx-state-tree')
      let heard = 0
      const count = types.refinement(types.integer, (value) => value >= 0)
      const Model = types.model({ count }).actions((self) => ({
        set(value: number) {
          self.count = value
        },
      }))
      const item = Model.create({ count: 0 })
      onPatch(item, () => void heard++)
      return setter(setThrough(item), () => heard)
    },
    retinue: () => {
      const registry = createRegistry()
      registry.register(pluginOf('a'))
      const agent = new AgentConfig({ name: 'a', tools: ['tool_a'], registry })
      const session = new ChatSession({ user: new ChatUser({ id: 'u', registry }), agent })
      let heard = 0
      session.on('committed', ({ patches }) => void (heard += patches.length))
      return setter(itemOf(session.context, 'toolA'), () => heard)
    },
  },
  bars: [
    { variant: 'retinue', against: 'bare', atMost: 10 },
    { variant: 'retinue', against: 'mobx', atMost: 1 / 20 },
    { variant: 'retinue', against: 'mobx, unchecked and without a patch' },
    { variant: 'retinue', against: 'mst', atMost: 1 / 100 },
  ],
} satisfies Case
