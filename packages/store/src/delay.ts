// How long is waited before what failed is tried again.

const firstRetryMs = 500
const longestRetryMs = 60_000

/** After a failure of the store: twice as long each time, and random, so that those who failed together do not come together. */
export function retryDelayMs(failures: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** failures) * (0.5 + Math.random() / 2)
}

/** After a conflict: short, and random, so that those who met once do not meet again. */
export function conflictDelayMs(attempt: number): number {
  return Math.random() * Math.min(200, 2 ** attempt)
}

/** Waits, but not beyond an abort. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
  })
}
