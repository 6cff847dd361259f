// A promise as a test of the author's own runner.
import { Skip } from './verdict.ts'

/** The `test` of Vitest, node:test, Jest, Bun, or any runner that is called like theirs. */
export type TestFunction = (
  name: string,
  run: (context?: { skip(reason?: string): unknown }) => Promise<void>,
  timeoutMs: number,
) => unknown

/**
 * Defines a test for a promise, with time for what starts other programs. What can't be checked here is skipped, or
 * fails where the runner's tests can't skip themselves.
 */
export function contractTest(
  test: TestFunction,
  name: string,
  check: () => Promise<void>,
  timeoutMs = 120_000,
): void {
  // A parameter that `run.length` counted would be a `done` for Jest and Bun, which nobody calls.
  const run: Parameters<TestFunction>[1] = async (...[context]) => {
    try {
      await check()
    } catch (error) {
      if (!(error instanceof Skip) || context === undefined) throw error
      context.skip(error.message)
    }
  }
  test(name, run, timeoutMs)
}
