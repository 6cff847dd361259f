// Listening to an abort signal that many listen to: one listener of the runtime for all, because Node 20 takes more
// than ten for a leak and says so, and a run may have any number of tools and a caller any number of runs.

/** Calls back when a signal aborts, or at once where it has; gives what ends the listening. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback()
    return () => {}
  }
  const { all, dispatch } = listenersOf(signal)
  // A function of its own for each call: the same callback may listen twice.
  const listener = (): void => callback()
  all.add(listener)
  return () => {
    if (!all.delete(listener) || all.size > 0) return
    known.delete(signal)
    signal.removeEventListener('abort', dispatch)
  }
}

interface Listeners {
  readonly all: Set<() => void>
  readonly dispatch: () => void
}

const known = new WeakMap<AbortSignal, Listeners>()

function listenersOf(signal: AbortSignal): Listeners {
  let listeners = known.get(signal)
  if (listeners === undefined) {
    const all = new Set<() => void>()
    const dispatch = (): void => all.forEach((listener) => listener())
    known.set(signal, (listeners = { all, dispatch }))
    signal.addEventListener('abort', dispatch, { once: true })
  }
  return listeners
}
