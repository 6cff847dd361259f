// Counts the steps that the tools take in the file system, and strikes after some of them. The steps are real ones.

/** How many steps were taken, and what happens right after which of them. */
export const steps = { taken: 0, strikes: new Map<number, () => void>() }

/** Wraps the functions of `node:fs/promises` so that each call is a step. */
export function countSteps<T extends object>(fs: T): T {
  const counted =
    (call: (...given: unknown[]) => Promise<unknown>) =>
    async (...given: unknown[]) => {
      try {
        return await call(...given)
      } finally {
        steps.strikes.get(++steps.taken)?.()
      }
    }
  const calls = Object.entries(fs).filter(([, value]) => typeof value === 'function')
  return { ...fs, ...Object.fromEntries(calls.map(([name, call]) => [name, counted(call)])) }
}
