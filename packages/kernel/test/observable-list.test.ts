import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { ObservableList } from '../src/index.ts'
import { cases } from './cases.ts'

type Told = [event: string, index: number, ...values: unknown[]]

function heardOf<T>(list: ObservableList<T>): Told[] {
  const told: Told[] = []
  list.on('added', ({ index, value }) => told.push(['added', index, value]))
  list.on('removed', ({ index, value }) => told.push(['removed', index, value]))
  list.on('changed', ({ index, removed, added }) => told.push(['changed', index, [...removed], [...added]]))
  return told
}

/** What a walk meets in which the second item makes a change. */
function walked<T extends Iterable<string>>(items: T, change: (items: T) => void): string[] {
  const met: string[] = []
  for (const item of items) {
    met.push(item)
    if (met.length === 2) change(items)
  }
  return met
}

describe('a list', () => {
  const ways: [string, (list: ObservableList<string>) => unknown, Told[], string[]][] = [
    [
      'push',
      (list) => list.push('c'),
      [
        ['added', 2, 'c'],
        ['changed', 2, [], ['c']],
      ],
      ['a', 'b', 'c'],
    ],
    [
      'insert',
      (list) => list.insert(1, 'x', 'y'),
      [
        ['added', 1, 'x'],
        ['added', 2, 'y'],
        ['changed', 1, [], ['x', 'y']],
      ],
      ['a', 'x', 'y', 'b'],
    ],
    [
      'insert at an index that is no whole number',
      (list) => list.insert(1.7, 'x'),
      [
        ['added', 1, 'x'],
        ['changed', 1, [], ['x']],
      ],
      ['a', 'x', 'b'],
    ],
    [
      'set',
      (list) => list.set(1, 'x'),
      [
        ['removed', 1, 'b'],
        ['added', 1, 'x'],
        ['changed', 1, ['b'], ['x']],
      ],
      ['a', 'x'],
    ],
    [
      'remove by value',
      (list) => list.remove('a'),
      [
        ['removed', 0, 'a'],
        ['changed', 0, ['a'], []],
      ],
      ['b'],
    ],
    [
      'splice',
      (list) => list.splice(-1, 1, 'x', 'y'),
      [
        ['removed', 1, 'b'],
        ['added', 1, 'x'],
        ['added', 2, 'y'],
        ['changed', 1, ['b'], ['x', 'y']],
      ],
      ['a', 'x', 'y'],
    ],
    [
      'splice to the end',
      (list) => list.splice(1),
      [
        ['removed', 1, 'b'],
        ['changed', 1, ['b'], []],
      ],
      ['a'],
    ],
    [
      'replace',
      (list) => list.replace(['x']),
      [
        ['removed', 0, 'a'],
        ['removed', 0, 'b'],
        ['added', 0, 'x'],
        ['changed', 0, ['a', 'b'], ['x']],
      ],
      ['x'],
    ],
    [
      'clear',
      (list) => list.clear(),
      [
        ['removed', 0, 'a'],
        ['removed', 0, 'b'],
        ['changed', 0, ['a', 'b'], []],
      ],
      [],
    ],
  ]
  it.each(ways)(
    'tells of %s with the true index and the old and new values (SPEC 20)',
    (_way, change, told, left) => {
      const list = new ObservableList<string>(['a', 'b'])
      const heard = heardOf(list)
      change(list)
      expect(heard).toEqual(told)
      expect([...list]).toEqual(left)
    },
  )

  it('counts its changes, and nothing else (SPEC 20)', () => {
    const list = new ObservableList(['a'])
    expect(list.changes).toBe(0)
    list.push('b')
    list.set(0, 'a')
    list.replace(['c', 'd'])
    expect([list.changes, list.items]).toEqual([2, ['c', 'd']])
  })

  it('says nothing where an equal value is set, or nothing is there to change (SPEC 21)', () => {
    const list = new ObservableList<unknown>(['a', NaN])
    const heard = heardOf(list)
    list.set(0, 'a')
    list.set(1, NaN)
    list.replace(['a', NaN])
    list.splice(1, 0)
    list.push()
    expect(list.remove('z')).toBe(false)
    expect(heard).toEqual([])
    new ObservableList().clear()
  })

  it('reads like an array (SPEC 20)', () => {
    const list = new ObservableList<string>(['a', 'b'])
    expect([
      list.length,
      list.at(-1),
      list.indexOf('b'),
      list.has('c'),
      list.push('c'),
      list.remove('c'),
    ]).toEqual([2, 'b', 1, false, 3, true])
    expect(JSON.stringify(list)).toBe('["a","b"]')
    expect(inspect(list)).toBe("[ 'a', 'b' ]")
    expect(list.items).toEqual(['a', 'b'])
  })

  it('is read by the methods of an array, which call back with items and indexes (SPEC 20)', () => {
    const list = new ObservableList<string>(['a', 'b', 'c'])
    const heard: [string, number][] = []
    list.forEach((...given) => heard.push(given))
    expect(heard).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ])
    const isLater = (_item: string, index: number) => index > 0
    expect([list.includes('b'), list.includes('x')]).toEqual([true, false])
    expect([list.filter(isLater), list.find(isLater)]).toEqual([['b', 'c'], 'b'])
    expect([list.some(isLater), list.every(isLater)]).toEqual([true, false])
    expect([list.map((item, index) => item + index), list.slice(1), list.slice(0, -2)]).toEqual([
      ['a0', 'b1', 'c2'],
      ['b', 'c'],
      ['a'],
    ])
  })

  it('gives back what is taken from a place or from its end, and nothing where nothing is (SPEC 20)', () => {
    const list = new ObservableList<string>(['a', 'b', 'c'])
    const told = heardOf(list)
    expect([-1, 3, NaN].map((index) => list.removeAt(index))).toEqual([undefined, undefined, undefined])
    expect(told).toEqual([])
    expect([list.removeAt(0), list.pop(), list.pop(), list.pop()]).toEqual(['a', 'c', 'b', undefined])
    expect(told.filter(([event]) => event === 'removed')).toEqual([
      ['removed', 0, 'a'],
      ['removed', 1, 'c'],
      ['removed', 0, 'b'],
    ])
  })

  it('takes very many items into its middle (SPEC 20)', () => {
    const list = new ObservableList<number>([-1, -2])
    const many = Array.from({ length: 200_000 }, (_item, index) => index)
    list.insert(1, ...many.slice(0, 5000))
    list.replace([-1, ...many, -2])
    expect([list.length, list.at(0), list.at(1), list.at(-1)]).toEqual([200_002, -1, 0, -2])
  })

  it('is walked as an array is while it changes, wherever it does (SPEC 20)', () => {
    const changes: ((items: Pick<string[], 'push' | 'splice'>) => unknown)[] = [
      (items) => items.push('x'),
      (items) => items.splice(0, 1),
      (items) => items.splice(0, 0, 'x'),
      (items) => items.splice(2, 1, 'x'),
      (items) => items.splice(0, 4, 'x', 'y'),
    ]
    for (const change of changes) {
      const letters = ['a', 'b', 'c', 'd']
      expect(walked(new ObservableList(letters), change)).toEqual(walked(letters, change))
    }
  })

  it('refuses to set what is not there (SPEC 20)', () => {
    const list = new ObservableList<string>(['a'])
    for (const index of [-1, 1, 0.5, NaN]) expect(() => list.set(index, 'x')).toThrow(RangeError)
    expect([...list]).toEqual(['a'])
  })

  it('gives what it removed to the caller alone (SPEC 23)', () => {
    const list = new ObservableList<string>(['a', 'b'])
    const splices: unknown[] = []
    list.on('changed', (splice) => splices.push(splice))
    list.splice(0, 2).push('c')
    expect(splices).toEqual([{ index: 0, removed: ['a', 'b'], added: [] }])
  })

  it('is what an array would be after any changes, and replaying its splices gives it again (SPEC 20, 24)', () => {
    const change = fc.tuple(
      fc.integer({ min: -6, max: 6 }),
      fc.option(fc.integer({ min: -1, max: 4 }), { nil: undefined }),
      fc.array(fc.nat(3), { maxLength: 3 }),
    )
    fc.assert(
      fc.property(
        fc.array(fc.nat(3), { maxLength: 4 }),
        fc.array(change, { maxLength: 5 }),
        (start, changes) => {
          const [list, array, replayed] = [new ObservableList<number>(start), [...start], [...start]]
          list.on('changed', ({ index, removed, added }) => replayed.splice(index, removed.length, ...added))
          for (const [index, count, added] of changes) {
            list.splice(index, count, ...added)
            array.splice(index, count ?? array.length, ...added)
          }
          expect([list.items, replayed]).toEqual([array, array])
        },
      ),
      cases,
    )
  })
})

describe('handlers', () => {
  it('see the state after the change, in order of registration (SPEC 21)', () => {
    const list = new ObservableList<number>()
    const heard: string[] = []
    for (const name of ['first', 'second']) list.on('added', () => heard.push(`${name} ${list.length}`))
    list.push(1, 2)
    expect(heard).toEqual(['first 2', 'second 2', 'first 2', 'second 2'])
  })

  it('are functions; anything else is refused at once (SPEC 21)', () => {
    const list = new ObservableList<string>()
    expect(() => list.on('added', undefined as never)).toThrow(
      "[RETINUE_OPTION_INVALID] An observer of 'added' has no handler. Give a function.",
    )
  })

  it('are called until taken off, each registration for itself, and once only where that was asked (SPEC 21)', () => {
    const list = new ObservableList<number>()
    const heard: string[] = []
    const twice = (): void => void heard.push('twice')
    const off = list.on('added', twice)
    list.on('added', twice)
    list.once('added', () => heard.push('once'))
    const never = list.once('added', () => heard.push('never'))
    never()
    list.push(1)
    off()
    off()
    list.push(2)
    expect(heard).toEqual(['twice', 'twice', 'once', 'twice'])
  })

  it('may be removed and added while an event is told: who left is not called, who came waits (SPEC 21)', () => {
    const list = new ObservableList<number>()
    const heard: string[] = []
    const offs: (() => void)[] = []
    list.on('changed', () => {
      heard.push('first')
      offs.forEach((off) => off())
      list.on('changed', () => heard.push('late'))
    })
    offs.push(list.on('changed', () => heard.push('second')))
    list.on('changed', () => heard.push('third'))
    list.push(1)
    expect(heard).toEqual(['first', 'third'])
  })

  it('all run though one throws, and the error goes to the console of a list that stands alone (SPEC 22, D13)', () => {
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const list = new ObservableList<number>()
    const heard: number[] = []
    const error = new Error('on purpose')
    list.on('added', () => {
      throw error
    })
    list.on('added', ({ value }) => heard.push(value))
    list.push(1)
    expect(heard).toEqual([1])
    expect(complaint.mock.calls).toEqual([[error]])
    complaint.mockRestore()
  })

  it('have their own changes queued, so that everybody hears of changes in the order in which they were made (SPEC 22, D13)', () => {
    const list = new ObservableList<number>([])
    const heard: string[] = []
    list.on('added', ({ value }) => {
      if (value < 3) list.push(value + 1)
      heard.push(`first ${value}`)
    })
    list.on('added', ({ value }) => heard.push(`second ${value}`))
    list.push(1)
    expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'first 3', 'second 3'])
  })
})
