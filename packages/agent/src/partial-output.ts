// Structured output while it is written: each time that the object which an answer comes to has changed, an event tells
// how far it goes. All of it is read each time, so of a long one it is read only when there is a 64th more of it: the
// cost stays in proportion to its length.
import { PartialJson } from './partial-json.ts'
import type { RunEvent } from './run-event.ts'

/** By what share a text has to grow before it is read again. */
const growth = 1 / 64

/** Passes the events of one model call on, with those of its partial output between them. */
export function withPartialOutput(emit: (event: RunEvent) => void): (event: RunEvent) => void {
  const json = new PartialJson()
  let told: string | undefined
  let next = 0
  return (event) => {
    emit(event)
    if (event.type !== 'text-delta' || json.isOver) return
    json.add(event.delta)
    if (json.length < next && !json.isOver) return
    next = json.length * (1 + growth)
    const output = json.value()
    const text = JSON.stringify(output) as string | undefined
    if (text === undefined || text === told) return
    told = text
    emit({ type: 'partial-output', output })
  }
}
