import { describe, expect, test } from 'vitest'
import { EventStream } from '../src/event-stream.ts'
import type { RunEvent } from '../src/index.ts'

const step = (n: number): RunEvent => ({ type: 'step-start', step: n })
const text = (id: string, delta: string): RunEvent => ({ type: 'text-delta', id, delta })

async function read(stream: EventStream): Promise<RunEvent[]> {
  const events: RunEvent[] = []
  for await (const event of stream.read()) events.push(event)
  return events
}

describe('the events of a run', () => {
  test('reach each reader in order, from where it began to read (SPEC 56)', async () => {
    const stream = new EventStream()
    stream.push(step(1))
    const first = read(stream)
    stream.push(step(2))
    const second = read(stream)
    stream.push(step(3))
    stream.end()
    expect(await first).toEqual([step(1), step(2), step(3)])
    expect(await second).toEqual([step(3)])
    expect(await read(stream)).toEqual([])
  })

  test('answer requests that were made ahead, in order (SPEC 56)', async () => {
    const stream = new EventStream()
    const reader = stream.read()
    const asked = [reader.next(), reader.next(), reader.next()]
    stream.push(step(1))
    stream.push(step(2))
    stream.end()
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: step(1) },
      { done: false, value: step(2) },
      { done: true, value: undefined },
    ])
  })

  test('come one by one to a reader who has asked for several (SPEC 56)', async () => {
    const stream = new EventStream()
    const reader = stream.read()
    const [first, second] = [reader.next(), reader.next()]
    stream.push(step(1))
    expect(await first).toEqual({ done: false, value: step(1) })
    stream.push(step(2))
    expect(await second).toEqual({ done: false, value: step(2) })
  })

  test('are not changed by being joined: whoever was given one keeps it as it was (SPEC 56)', () => {
    const stream = new EventStream()
    const given = [text('a', '1'), text('a', '2')]
    for (const event of given) stream.push(event)
    expect(given).toEqual([text('a', '1'), text('a', '2')])
  })

  test('join the deltas of one block while nobody reads, and only those (SPEC 56)', async () => {
    const stream = new EventStream()
    for (const [id, delta] of ['a1', 'a2', 'b3', 'a4'].map(([id, delta]) => [id!, delta!]))
      stream.push(text(id!, delta!))
    const input = (toolCallId: string): RunEvent => ({ type: 'tool-input-delta', toolCallId, delta: 'x' })
    for (const id of ['c', 'c', 'd']) stream.push(input(id))
    const reading = read(stream)
    stream.push(input('d'))
    stream.end()
    expect(await reading).toEqual([
      text('a', '12'),
      text('b', '3'),
      text('a', '4'),
      { ...input('c'), delta: 'xx' },
      input('d'),
      input('d'),
    ])
  })

  test('end with an error once, after the last event (SPEC 57)', async () => {
    const stream = new EventStream()
    const reader = stream.read()
    stream.push(step(1))
    stream.end({ error: new Error('no') })
    stream.push(step(2))
    expect(await reader.next()).toMatchObject({ value: step(1) })
    await expect(reader.next()).rejects.toThrow('no')
    expect(await reader.next()).toEqual({ done: true, value: undefined })
  })

  test('are over for a reader who left, also where it waits (SPEC 56)', async () => {
    const stream = new EventStream()
    const reader = stream.read()
    const waiting = reader.next()
    await reader.return!()
    expect(await waiting).toEqual({ done: true, value: undefined })
    stream.end({ error: new Error('no') })
    expect(await reader.next()).toEqual({ done: true, value: undefined })
  })
})
