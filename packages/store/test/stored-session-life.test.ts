import type { Message } from '@retinue/kernel'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStore } from '../src/index.ts'
import { notes, type Process, processOn, Style, taste } from './a-manager.ts'

/** Lives: more with RETINUE_STORE_RUNS, for example 1000. */
const runs = Number(process.env['RETINUE_STORE_RUNS'] ?? 40)

const message = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] })

const step = fc.record({
  act: fc.constantFrom(
    'say',
    'edit',
    'insert',
    'drop',
    'note',
    'list',
    'pile',
    'grow',
    'grow',
    'size',
    'tone',
    'words',
    'reset',
    'delete',
    'tool',
    'save',
    'save',
    'fail',
    'lose',
    'stay',
    'reload',
    'rewind',
    'cut',
  ),
  at: fc.nat(20),
  text: fc.string({ unit: 'grapheme', maxLength: 5 }),
})

test('whatever happens to a session, what is loaded is what was there, now and at each of its revisions', async () => {
  const life = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const store = memoryStore()
    let fails: 'before' | 'after' | undefined
    const transact = store.transact.bind(store)
    store.transact = async (ops) => {
      if (fails === 'before') throw new Error('disk full')
      const results = await transact(ops)
      if (fails === 'after') throw new Error('connection lost')
      return results
    }
    const failing = async (when: typeof fails, work: () => Promise<unknown>): Promise<void> => {
      fails = when
      await work().catch(() => undefined)
      fails = undefined
    }
    const process = (): Process => {
      const made = processOn(store)
      made.manager.on('saveFailed', () => {})
      return made
    }
    const first = process()
    let { manager } = first
    let session = await first.session('s1')
    const past = new Map<number, unknown>()
    const same = (a: unknown, b: unknown): void => expect(a).toEqual(b)
    const save = async (): Promise<void> => {
      await manager.saved(session)
      const { sessions } = await manager.sessions('ada')
      past.set(sessions[0]!.revision, session.snapshot())
      const { session: again, report } = await processOn(store).manager.load('s1')
      expect(report!.ok).toBe(true)
      expect(again.snapshot()).toEqual(session.snapshot())
      expect(again.user.snapshot()).toEqual(session.user.snapshot())
    }
    await save()
    for (const { act, at, text } of steps) {
      const { messages } = session
      const index = at % (messages.length + 1)
      if (act === 'say') messages.push(message(text), message(`${text}!`))
      else if (act === 'edit' && index < messages.length) messages.set(index, message(text))
      else if (act === 'insert') messages.insert(index, message(text))
      else if (act === 'drop') messages.removeAt(index)
      else if (act === 'note') notes(session).text = text
      else if (act === 'list') notes(session).list = [text, ...notes(session).list]
      else if (act === 'pile')
        notes(session).list = Array.from({ length: 500 }, (_, i) => `${text}${i} of many`)
      else if (act === 'grow') notes(session).list = [...notes(session).list, text]
      else if (act === 'size') taste(session).size = at
      else if (act === 'tone') taste(session.user).tone = text
      else if (act === 'words') session.sections.$get(Style).words = at
      else if (act === 'reset') taste(session).$reset()
      else if (act === 'delete') session.context.$delete('notes')
      else if (act === 'tool') session.tools.push(`tool_${'abc'[at % 3]}c`)
      else if (act === 'save') await save()
      else if (act === 'fail') await failing('before', () => manager.saved(session))
      else if (act === 'lose') await failing('after', () => manager.saved(session))
      else if (act === 'stay') {
        await save()
        const before = session.snapshot()
        await failing(at % 2 ? 'before' : 'after', () =>
          manager.rewind(session, { messages: Math.min(at, messages.length) }),
        )
        session = manager.get('s1')! // another one where there was nothing to do
        same(session.snapshot(), before)
        if (at % 3 === 0) notes(session).text = text
      } else if (act === 'reload') {
        await save()
        manager = process().manager
        session = (await manager.load('s1')).session
      } else if (act === 'rewind') {
        await save()
        const revision = [...past.keys()][at % past.size]!
        session = (await manager.rewind(session, { revision })).session
        same(session.snapshot(), past.get(revision))
        await save()
      } else if (act === 'cut') {
        await save()
        const kept = messages.slice(0, index)
        session = (await manager.rewind(session, { messages: index })).session
        same(session.messages.slice(), kept)
        await save()
      }
    }
    await save()
  })
  await fc.assert(life, { numRuns: runs })
})
