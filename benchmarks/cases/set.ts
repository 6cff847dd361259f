// Setting a field with validation, as a transaction with its patch, heard by one observer.
import { action, makeObservable, observable, observe } from 'mobx'
import { onPatch, types } from 'mobx-state-tree'
import { AgentConfig, ChatSession, ChatUser, createRegistry } from '@retinue/kernel'
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
      class Item {
        count = 0
        constructor() {
          makeObservable(this, { count: observable, set: action })
        }
        set(value: number): void {
          this.count = value
        }
      }
      const item = new Item()
      observe(item, 'count', () => void heard++)
      return setter(
        {
          get count() {
            return item.count
          },
          set count(value) {
            item.set(value)
          },
        },
        () => heard,
      )
    },
    mst: () => {
      let heard = 0
      const Item = types.model({ count: types.number }).actions((self) => ({
        set(value: number) {
          self.count = value
        },
      }))
      const item = Item.create({ count: 0 })
      onPatch(item, () => void heard++)
      return setter(
        {
          get count() {
            return item.count
          },
          set count(value) {
            item.set(value)
          },
        },
        () => heard,
      )
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
    { variant: 'retinue', against: 'mst', atMost: 1 / 100 },
  ],
} satisfies Case
