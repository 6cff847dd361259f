import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Live, type Mortal } from '../src/live.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe('a set of live members', () => {
  it('walks its members in order, and lets go of the one that leaves', () => {
    const live = new Live<Mortal>()
    const members = [1, 2].map(mortal)
    for (const member of members) live.add(member)
    live.add(members[0]!)
    expect([...live]).toEqual(members)
    live.delete(members[0]!)
    expect([...live]).toEqual([members[1]])
  })

  it('does so in the job in which they came and in later ones', async () => {
    const live = new Live<Mortal>()
    const members = [1, 2, 3].map(mortal)
    live.add(members[0]!)
    live.add(members[1]!)
    await Promise.resolve()
    live.add(members[0]!)
    live.add(members[2]!)
    expect(walked(live)).toEqual(members)
    live.delete(members[1]!)
    live.delete(members[1]!)
    expect(walked(live)).toEqual([members[0], members[2]])
  })

  it('keeps nobody alive, and drops its references to the dead as it is walked and as it grows (SPEC 25, D16)', async () => {
    const live = new Live<Mortal>()
    const kept = [mortal(0)]
    const fill = () => {
      for (let i = 0; i < 60; i++) live.add(mortal(i))
    }
    fill()
    live.add(kept[0]!)
    await collected()
    expect(walked(live)).toEqual(kept)
    fill()
    await collected()
    fill()
    await collected()
    expect([...live].filter((each) => each === kept[0])).toHaveLength(1)
  })
})

function mortal(n: number): Mortal {
  return { n, weak: undefined } as Mortal
}

/** The members in the order of its walks, of which there are two sorts that see the same. */
function walked<T extends Mortal>(live: Live<T>): T[] {
  const seen: T[] = []
  live.forEach((member) => seen.push(member))
  expect([...live]).toEqual(seen)
  return seen
}

/** References that were looked at live until their job ends. */
async function collected(): Promise<void> {
  await new Promise((done) => setImmediate(done))
  gc()
}
