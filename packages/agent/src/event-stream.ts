// The events of one run on their way to any number of readers, each with a queue of its own: a reader who is behind
// holds what it has not read, and nobody else pays for it. (A list that all share would be shorter, but one link that
// has grown old keeps all later ones from being collected young.) Before the first reader comes, the deltas of one
// block are joined: a run whose events nobody reads keeps of its own no more than what was said.
import type { BlockDeltaEvent, RunEvent, ToolInputDeltaEvent } from './run-event.ts'

/** Takes a run's events in and hands them to its readers, each at its own pace. */
export class EventStream {
  /** What the first reader starts with; nothing once it is there. */
  #backlog: RunEvent[] | undefined = []
  #readers: readonly Reader[] = []
  #end: End | undefined

  /** Adds an event; tells whether it came before the end, and so is heard. */
  push(event: RunEvent): boolean {
    if (this.#end !== undefined) return false
    if (this.#backlog !== undefined) keep(this.#backlog, event)
    else for (const reader of this.#readers) reader.take(event)
    return true
  }

  /** Ends the stream; with `failure` its readers get that error after the last event. */
  end(failure?: { readonly error: unknown }): void {
    this.#end = { failure }
    for (const reader of this.#readers) reader.end(this.#end)
  }

  /** Starts to read: the first reader from the beginning, a later one from now on. */
  read(): AsyncIterableIterator<RunEvent> {
    const reader = new Reader(this.#backlog ?? [], () => {
      this.#readers = this.#readers.filter((each) => each !== reader)
    })
    this.#backlog = undefined
    this.#readers = [...this.#readers, reader]
    if (this.#end !== undefined) reader.end(this.#end)
    return reader
  }
}

interface End {
  readonly failure: { readonly error: unknown } | undefined
}

type Result = IteratorResult<RunEvent, undefined>

/** One reader, and what it has not read. */
class Reader implements AsyncIterableIterator<RunEvent> {
  /** What came in since `#first` was filled, in order. */
  #later: RunEvent[]
  /** What is read first, the last of it next: each is let go as it is read. */
  #first: RunEvent[] = []
  readonly #leave: () => void
  #left = false
  #end: End | undefined
  /** Who waits for an event, the longest first: one, or none. */
  readonly #waiting: Waiting[] = []

  constructor(backlog: RunEvent[], leave: () => void) {
    this.#later = backlog
    this.#leave = leave
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    const event = this.#waiting.length === 0 ? this.#shift() : undefined
    return event === undefined ? new Promise(this.#wait) : Promise.resolve({ done: false, value: event })
  }

  /** Stops reading; the run goes on. */
  return(): Promise<Result> {
    this.#close()
    return Promise.resolve({ done: true, value: undefined })
  }

  take(event: RunEvent): void {
    this.#later.push(event)
    this.#serveSoon()
  }

  end(end: End): void {
    this.#end = end
    this.#serveSoon()
  }

  readonly #wait = (resolve: (result: Result) => void, reject: (error: Error) => void): void => {
    this.#waiting.push({ resolve, reject })
    if (this.#left) this.#close()
    else if (this.#end !== undefined) this.#serve()
  }

  /**
   * Whoever waits is served once what is due has run, and with it, often, the next read of the model's stream: the
   * reader then stays an event behind and finds one whenever it asks. To wait for each costs twice as much.
   */
  #serveSoon(): void {
    if (this.#waiting.length > 0) void soon.then(this.#serve)
  }

  readonly #serve = (): void => {
    while (this.#waiting.length > 0) {
      const value = this.#shift()
      if (value !== undefined) this.#waiting.shift()!.resolve({ done: false, value })
      else if (this.#end === undefined) return
      else this.#finish(this.#end)
    }
  }

  #shift(): RunEvent | undefined {
    if (this.#first.length > 0) return this.#first.pop()
    if (this.#later.length < 2) return this.#later.pop()
    this.#first = this.#later.reverse()
    this.#later = []
    return this.#first.pop()
  }

  /** Gives the failure to whoever waits first. */
  #finish({ failure }: End): void {
    if (failure !== undefined) this.#waiting.shift()!.reject(failure.error as Error)
    this.#close()
  }

  #close(): void {
    this.#left = true
    this.#leave()
    this.#first = this.#later = []
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined })
  }
}

const soon = Promise.resolve()

interface Waiting {
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
}

/** Adds an event to those that nobody has read. Of the partial outputs between deltas the last is kept, behind them. */
function keep(events: RunEvent[], event: RunEvent): void {
  const partial = events.at(-1)?.type === 'partial-output' ? events.pop()! : undefined
  const isMore = event.type === 'text-delta'
  if (partial !== undefined && !isMore && event.type !== 'partial-output') events.push(partial)
  join(events, event)
  if (partial !== undefined && isMore) events.push(partial)
}

/** Adds an event, a delta to the one before it where both belong to one block. */
function join(events: RunEvent[], event: RunEvent): void {
  const last = events.at(-1)
  if (last?.type !== event.type || !('delta' in last && 'delta' in event) || blockOf(last) !== blockOf(event))
    events.push(event)
  // A new one: hooks, and the run that this one is within, have the other.
  else events[events.length - 1] = { ...last, delta: last.delta + event.delta }
}

function blockOf(event: BlockDeltaEvent | ToolInputDeltaEvent): string {
  return 'id' in event ? event.id : event.toolCallId
}
