import { Skip } from '../../verdict.ts'
import { storeCommands } from '../model/store-command.ts'
import { PlainStore } from '../model/plain-store.ts'
import type { StoreCheck } from '../store-check.ts'

/** Whatever is done, a store answers as the simplest one does. */
export const model: StoreCheck = {
  name: 'whatever is done, it answers as the simplest store would',
  mend: 'Take those calls, which are as few as were found, as a test of your own; the last one is answered wrongly.',
  async run({ open, runs }) {
    const fc = await loadFastCheck()
    const property = fc.asyncProperty(storeCommands(fc), async (commands) => {
      const real = await open()
      await fc.asyncModelRun(() => ({ model: new PlainStore(), real }), commands)
      await real.close()
    })
    const { failed, errorInstance, counterexample, seed } = await fc.check(property, { numRuns: runs })
    if (!failed) return
    const told = errorInstance instanceof Error ? errorInstance.message : String(errorInstance)
    const calls = counterexample?.map(String).join() ?? 'none'
    throw new Error(`${told} The calls were: ${calls} (seed ${seed}).`, { cause: errorInstance })
  },
}

async function loadFastCheck(): Promise<typeof import('fast-check')> {
  try {
    return await import('fast-check')
  } catch {
    throw new Skip('fast-check is not installed; npm i -D fast-check')
  }
}
