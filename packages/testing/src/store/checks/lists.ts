import { allOf, append, put, remove } from '../op.ts'
import { same } from '../expectation.ts'
import type { StoreCheck } from '../store-check.ts'

/** Lists by kind, prefix and page. */
export const lists: StoreCheck = {
  name: 'lists are in the order of code points, by kind and prefix, in pages',
  mend: 'Compare ids by their UTF-8 bytes, and take a prefix as text, not as a pattern.',
  async run({ open }) {
    const store = await open()
    const ids = ['a', 'a/', 'a/1', 'a/10', 'a/2', 'a0', 'b', 'ä', '\u{ff5e}', '😀', '😀a']
    await store.transact([
      ...ids.toReversed().map((id) => put(id, id)),
      { ...put('a/1', 'other'), kind: 'other' },
    ])
    const list = async (options: object, expected: readonly string[]): Promise<void> => {
      const found = await allOf(store.list('note', options))
      same(
        `list() with ${JSON.stringify(options)}`,
        found.map(({ id }) => id),
        expected,
      )
    }
    await list({}, ids)
    await list({ prefix: 'a/' }, ['a/', 'a/1', 'a/10', 'a/2'])
    await list({ prefix: 'a/', after: 'a/1' }, ['a/10', 'a/2'])
    await list({ prefix: 'a/', after: 'a/1', limit: 1 }, ['a/10'])
    await list({ prefix: 'a/', after: '' }, ['a/', 'a/1', 'a/10', 'a/2'])
    await list({ after: 'ä' }, ['\u{ff5e}', '😀', '😀a'])
    await list({ prefix: '😀' }, ['😀', '😀a'])
    await list({ limit: 0 }, [])
    await list({ prefix: '%' }, [])
    for (const { id, rev } of await allOf(store.list('note')))
      same(`The revision of '${id}' in list()`, rev, (await store.get('note', id))?.rev)
    const others = (await allOf(store.list('other'))).map(({ value }) => value)
    same('list() of another kind', others, ['other'])
  },
}

const many = 1200

/** What a store stands on often gives pages of a hundred or a thousand. */
export const whole: StoreCheck = {
  name: 'a list and a log are given whole, however long, and a list as it was at one moment',
  mend: 'Ask what you stand on for the next page until there is none, and let a list see nothing that was written after its first.',
  async run({ open }) {
    const store = await open()
    const ids = Array.from({ length: many }, (_, i) => String(i).padStart(4, '0'))
    await store.transact([...ids.map((id) => put(id, 1)), append('log', ids)])
    same(`The length of a log of ${many}`, (await allOf(store.read('note', 'log'))).length, many)
    let count = 0
    for await (const _ of store.list('note')) {
      if (count++ === 0) await store.transact([remove('1100'), put('1100a', 1), put('1100b', 1)])
    }
    same(`The length of a list of ${many}, while others write,`, count, many)
  },
}
