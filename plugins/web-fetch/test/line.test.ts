import { expect, test } from 'vitest'
import { Line } from '../src/line.ts'

const { signal } = new AbortController()

/** Work that is done when it is told so, and what has begun of it. */
function works() {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const work = (name: string) => () => {
    begun.push(name)
    return new Promise<string>((resolve) => ends.set(name, () => resolve(name)))
  }
  return { begun, work, end: (name: string) => ends.get(name)!() }
}

test('so many work at once, and the others in the order in which they came', async () => {
  const line = new Line(2)
  const { begun, work, end } = works()
  const all = ['a', 'b', 'c', 'd'].map((name) => line.work(signal, work(name)))
  expect(begun).toEqual(['a', 'b'])
  end('b')
  await all[1]
  expect(begun).toEqual(['a', 'b', 'c'])
  end('a')
  await all[0]
  end('c')
  end('d')
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
})

test('whoever fails makes room, and whoever gives up takes none', async () => {
  const line = new Line(1)
  const { begun, work, end } = works()
  const failing = line.work(signal, async () => {
    throw new Error('broken')
  })
  const leaving = new AbortController()
  const left = line.work(leaving.signal, work('left'))
  const last = line.work(signal, work('last'))
  leaving.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  await expect(failing).rejects.toThrow('broken')
  await expect(line.work(AbortSignal.abort(new Error('late')), work('late'))).rejects.toThrow('late')
  expect(begun).toEqual(['last'])
  end('last')
  expect(await last).toBe('last')
  const next = line.work(signal, work('next'))
  end('next')
  expect(await next).toBe('next')
})
