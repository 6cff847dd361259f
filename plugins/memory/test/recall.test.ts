import { expect, test } from 'vitest'
import { recalled } from '../src/recall.ts'
import type { Memory } from '../src/shelf.ts'

const memories = (...texts: string[]): Memory[] =>
  texts.map((text, i) => ({ id: `u${i + 1}`, text, day: '2026-10-05' }))

const shelf = memories(
  'Ada lives in Zürich, near the lake.',
  'The deployment runs on Fridays at noon.',
  'Her daughter is called Byron.',
  '東京大学で物理を勉強しました。',
  'Она любит кофе без сахара.',
  '서울에서 태어났다.',
)

const find = (query: string, session: readonly Memory[] = []): string[] =>
  recalled(shelf, session, query).map(({ id }) => id)

test('a memory is found by its words, whatever their case and accents', () => {
  expect(find('ZURICH')).toEqual(['u1'])
  expect(find('When does the deployment run?')[0]).toBe('u2')
})

test('the beginning of a word is enough, and a slip of the pen does no harm', () => {
  expect(find('deploy')).toEqual(['u2'])
  expect(find('dauhgter')).toEqual(['u3'])
  const pets = memories('The cat is called Miso.', 'The bats are gone.')
  const recall = (query: string): string[] => recalled(pets, [], query).map(({ id }) => id)
  expect(recall('cats')).toContain('u1')
  expect(recall('bats')).toEqual(['u2'])
})

test('two slips of the pen are forgiven, however long the word: more would take seconds to find', () => {
  const long = memories('antidisestablishmentarianism')
  const recall = (query: string) => recalled(long, [], query)
  expect(recall('antidisastablishmentaryanism')).toHaveLength(1)
  expect(recall('antydisastablishmentaryanism')).toHaveLength(0)
})

test('it is found in every script, also in those without spaces', () => {
  expect(find('大学')).toEqual(['u4'])
  expect(find('物')).toEqual(['u4'])
  expect(find('КОФЕ')).toEqual(['u5'])
  expect(find('서울')).toEqual(['u6'])
  expect(find('北京')).toEqual([])
  expect(find('京')).toEqual(['u4']) // in the middle of a word
  expect(find('北 京')).toEqual(['u4'])
  const rare = memories('𠮷野家で食べた', '𠮸は別の字')
  expect(recalled(rare, [], '𠮷').map(({ id }) => id)).toEqual(['u1'])
})

test('what shares no word is not found, and a query without words finds nothing', () => {
  expect(find('giraffe')).toEqual([])
  expect(find('?!')).toEqual([])
})

test('both shelves are searched as one, and what changes is found at once', () => {
  const first = memories('Tonight: dinner in Zurich.').map((memory) => ({ ...memory, id: 's1' }))
  expect(find('zurich', first).sort()).toEqual(['s1', 'u1'])
  expect(find('dinner', [])).toEqual([])
  expect(find('dinner', first)).toEqual(['s1'])
  expect(recalled([...shelf], first, 'dinner')).toEqual(first)
})

test('an id that comes twice, as damaged data may have it, does no harm', () => {
  const twice = memories('one apple', 'two apples').map((memory) => ({ ...memory, id: 'u1' }))
  expect(
    recalled(twice, [], 'apple')
      .map(({ text }) => text)
      .sort(),
  ).toEqual(['one apple', 'two apples'])
})
