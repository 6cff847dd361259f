// The events of one run on their way to any number of readers: a linked list, so that a reader who is behind holds
// what it has not read and nobody else pays for it. Before the first reader comes, the deltas of one block are
// joined: a run whose events nobody reads keeps no more than what was said.
import type { RunEvent } from './run-event.ts'

/** Takes a run's events in and hands them to its readers, each at its own pace. */
export class EventStream {
  #tail: Link = { event: undefined, next: undefined }
  /** Where the first reader starts; afterwards nothing, so that what all have read can go. */
  #backlog: Link | undefined = this.#tail
  #last: RunEvent | undefined
  readonly #readers = new Set<Reader>()
  #end: End | undefined

  /** Tells whether somebody reads, and so will get the error that the stream ends with. */
  get isRead(): boolean {
    return this.#readers.size > 0
  }

  /** Adds an event; after the end it is not heard. */
  push(event: RunEvent): void {
    if (this.#end !== undefined) return
    if (this.#backlog !== undefined && joins(this.#last, event)) return
    this.#last = event
    this.#tail.event = event
    this.#tail = this.#tail.next = { event: undefined, next: undefined }
    for (const reader of this.#readers) reader.wake()
  }

  /** Ends the stream; with `failure` its readers get that error after the last event. */
  end(failure?: { readonly error: unknown }): void {
    this.#end = { failure }
    for (const reader of this.#readers) reader.wake()
  }

  /** Starts to read: the first reader from the beginning, a later one from now on. */
  read(): AsyncIterableIterator<RunEvent> {
    const reader = new Reader(
      this.#backlog ?? this.#tail,
      () => this.#end,
      () => this.#readers.delete(reader),
    )
    this.#backlog = undefined
    this.#readers.add(reader)
    return reader
  }
}

interface Link {
  event: RunEvent | undefined
  next: Link | undefined
}

interface End {
  readonly failure: { readonly error: unknown } | undefined
}

type Result = IteratorResult<RunEvent, undefined>

/** One reader's place in the list. */
class Reader implements AsyncIterableIterator<RunEvent> {
  #place: Link
  readonly #end: () => End | undefined
  readonly #leave: () => void
  #left = false
  /** Who waits for the next event: one, nearly always. */
  readonly #waiting: Waiting[] = []

  constructor(place: Link, end: () => End | undefined, leave: () => void) {
    this.#place = place
    this.#end = end
    this.#leave = leave
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    const { event, next } = this.#place
    if (this.#left || next === undefined) return new Promise(this.#wait)
    this.#place = next
    return Promise.resolve({ done: false, value: event! })
  }

  /** Stops reading; the run goes on. */
  return(): Promise<Result> {
    this.#close()
    this.wake()
    return Promise.resolve({ done: true, value: undefined })
  }

  wake(): void {
    while (this.#waiting.length > 0) {
      const { event, next } = this.#place
      if (!this.#left && next !== undefined) {
        this.#place = next
        this.#waiting.shift()!.resolve({ done: false, value: event! })
        continue
      }
      const end = this.#end()
      if (!this.#left && end === undefined) return
      const { resolve, reject } = this.#waiting.shift()!
      const failure = this.#left ? undefined : end?.failure
      this.#close()
      if (failure === undefined) resolve({ done: true, value: undefined })
      else reject(failure.error as Error)
    }
  }

  readonly #wait = (resolve: (result: Result) => void, reject: (error: Error) => void): void => {
    this.#waiting.push({ resolve, reject })
    this.wake()
  }

  #close(): void {
    this.#left = true
    this.#leave()
  }
}

interface Waiting {
  resolve(result: Result): void
  reject(error: Error): void
}

/** Adds a delta to the event before it, where both belong to one block; tells whether it did. */
function joins(last: RunEvent | undefined, event: RunEvent): boolean {
  if (last === undefined || last.type !== event.type || !('delta' in last && 'delta' in event)) return false
  const [a, b] = [last, event].map((e) => ('id' in e ? e.id : e.toolCallId))
  if (a !== b) return false
  ;(last as { delta: string }).delta += event.delta
  return true
}
