// Listening to an abort signal that many listen to: one listener of the runtime for all, because Node 20 takes more
// than ten for a leak and says so, and a run may have any number of tools and a caller any number of runs.
import { Attachment } from './attachment.ts'

/** Calls back when a signal aborts, or at once where it has; gives what ends the listening. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback()
    return () => {}
  }
  const { all, dispatch } = listenersOf(signal)
  if (all.size === 0) signal.addEventListener('abort', dispatch, { once: true })
  const unlisten = (): void => {
    if (all.delete(unlisten) && all.size === 0) signal.removeEventListener('abort', dispatch)
  }
  all.set(unlisten, callback)
  return unlisten
}

interface Listeners {
  /** By what ends the listening: the same callback may listen twice. */
  readonly all: Map<() => void, () => void>
  readonly dispatch: () => void
}

const known = new Attachment<AbortSignal, Listeners>()

function listenersOf(signal: AbortSignal): Listeners {
  const listeners = known.get(signal)
  if (listeners !== undefined) return listeners
  const all: Listeners['all'] = new Map()
  return known.set(signal, { all, dispatch: () => all.forEach((callback) => callback()) })
}
