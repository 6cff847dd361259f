import { setImmediate as nextJob } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defineTool, Type } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import { expect, test } from 'vitest'
import { run } from '../src/index.ts'
import { aSession } from './a-session.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void

test('a session that has run is given back while it is young (SPEC 25)', async () => {
  const echo = defineTool({
    description: 'x',
    input: Type.Object({}),
    execute: (_input, { emit }) => emit('x'),
  })
  const oneRun = async (): Promise<WeakRef<object>> => {
    const session = aSession({ echo })
    await run(session, 'Go', { model: scriptedModel([{ calls: [{ tool: 'kit_echo' }] }, 'Done.']) }).result
    session.close()
    return new WeakRef(session)
  }
  const refs: WeakRef<object>[] = []
  for (let i = 0; i < 40; i++) {
    refs.push(await oneRun())
    await nextJob()
    // A full collection would hide what makes young things old: a closure that is written where it is assigned to a
    // property, an accessor of a view's own, a WeakMap whose value leads back to its key.
    collect({ type: 'minor' })
  }
  expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(20)
})
