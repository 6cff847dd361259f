import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Interned } from '../src/interned.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

describe('interned objects', () => {
  it('are one for all of a name, for as long as somebody holds it, and the table does not grow by the others (D7)', async () => {
    let made = 0
    const make = () => ({ number: ++made })
    const table = new Interned<object>()
    const held = table.of('held', make)
    for (let i = 0; i < 200; i++) table.of(`${i % 100}`, make)
    expect(made).toBe(101)
    await new Promise((done) => setImmediate(done)) // what was looked at lives until its job ends
    gc()
    for (let i = 100; i < 200; i++) table.of(`${i}`, make)
    expect(table.of('held', make)).toBe(held)
    table.of('0', make)
    expect(made).toBe(202)
  })
})
