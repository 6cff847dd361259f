// A watch from now on. Where the store no longer knows what came after the watch had begun, or was away for a while, it
// begins anew.
import { mayPass } from './errors.ts'
import type { Change, RecordStore, WatchFilter } from './record-store.ts'
import { retryDelayMs } from './save-retries.ts'

/** Yields each change, and `undefined` before the first: whatever was stored until then is to be looked at. */
export async function* watchFromNow(
  store: RecordStore,
  filter: WatchFilter,
  signal: AbortSignal,
): AsyncGenerator<Change | undefined, void> {
  let after: string | undefined = await store.cursor() // where even that fails, whoever asks has to hear of it
  for (let failures = 0; ;) {
    try {
      after ??= await store.cursor()
      yield undefined
      for await (const change of store.watch(filter, { after, signal })) {
        failures = 0
        yield change
      }
      return
    } catch (error) {
      if (!mayPass(error)) throw error
      after = undefined
      const isOld = (error as { code?: unknown }).code === 'RETINUE_STORE_CURSOR_OLD'
      if (!isOld) await pause(retryDelayMs(failures++), signal)
      if (signal.aborted) return
    }
  }
}

/** Waits, but not beyond an abort. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
  })
}
