// A watch from now on. Where the store no longer knows what came after the watch had begun, it begins anew.
import type { Change, RecordStore, WatchFilter } from './record-store.ts'

/** Yields each change, and `undefined` before the first: whatever was stored until then is to be looked at. */
export async function* watchFromNow(
  store: RecordStore,
  filter: WatchFilter,
  signal: AbortSignal,
): AsyncGenerator<Change | undefined, void> {
  for (;;) {
    const after = await store.cursor()
    yield undefined
    try {
      yield* store.watch(filter, { after, signal })
      return
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'RETINUE_STORE_CURSOR_OLD') throw error
    }
  }
}
