// Structured output while it is written: each time that the object which an answer comes to has changed, an event tells
// how far it goes.
import { PartialJson } from './partial-json.ts'
import type { RunEvent } from './run-event.ts'

/** Passes the events of one model call on, with those of its partial output between them. */
export function withPartialOutput(emit: (event: RunEvent) => void): (event: RunEvent) => void {
  let json = new PartialJson()
  let told: string | undefined
  return (event) => {
    emit(event)
    // A model may say something else first, and a provider may cut an object into several texts.
    if (event.type === 'text-start' && !json.isOpen) json = new PartialJson()
    if (event.type !== 'text-delta' || json.isOver) return
    json.add(event.delta)
    if (!json.isDue()) return
    const output = json.value()
    const text = JSON.stringify(output) as string | undefined
    if (text === undefined || text === told) return
    told = text
    emit({ type: 'partial-output', output })
  }
}
