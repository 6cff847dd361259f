import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Live } from '../src/live.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe('a set of live members', () => {
  it('walks its members in order, and lets go of the one that leaves', () => {
    const live = new Live<object>()
    const members = [{ n: 1 }, { n: 2 }]
    const refs = members.map((member) => new WeakRef(member))
    for (const ref of refs) live.add(ref)
    live.add(refs[0]!)
    expect([...live]).toEqual(members)
    live.delete(refs[0]!)
    expect([...live]).toEqual([members[1]])
  })

  it('keeps nobody alive, and drops its references to the dead as it is walked and as it grows (SPEC 25, D16)', async () => {
    const live = new Live<object>()
    const kept = [{ kept: true }]
    const fill = () => {
      for (let i = 0; i < 60; i++) live.add(new WeakRef({ i }))
    }
    fill()
    live.add(new WeakRef(kept[0]!))
    await collected()
    expect([...live]).toEqual(kept)
    fill()
    await collected()
    fill()
    expect([...live].filter((each) => each === kept[0])).toHaveLength(1)
  })
})

/** References that were looked at live until their job ends. */
async function collected(): Promise<void> {
  await new Promise((done) => setImmediate(done))
  gc()
}
