// A watch from now on that goes on: where the store was away for a while, or no longer knows what came after the watch had
// begun, it begins anew.
import { pause, retryDelayMs } from './delay.ts'
import { codeOf, isStoreClosed, mayPass } from './errors.ts'
import type { Change, RecordStore, WatchFilter } from './record-store.ts'

/** Yields each change, and `undefined` before the first: whatever was stored until then is to be looked at. */
export async function* steadyWatch(
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
      if (isStoreClosed(error)) return
      if (!mayPass(error)) throw error
      after = undefined
      if (codeOf(error) !== 'RETINUE_STORE_CURSOR_OLD') await pause(retryDelayMs(failures++), signal)
      if (signal.aborted) return
    }
  }
}
