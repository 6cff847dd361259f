import { allOf, put } from '../op.ts'
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
    const others = (await allOf(store.list('other'))).map(({ value }) => value)
    same('list() of another kind', others, ['other'])
  },
}
