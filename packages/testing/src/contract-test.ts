// A promise as a test of the author's own runner.
import { Skip } from './verdict.ts'

/** The `test` of Vitest, node:test, or any runner that is called like theirs. */
export type TestFunction = (
  name: string,
  run: (context: { skip(reason?: string): unknown }) => Promise<void>,
  timeoutMs: number,
) => unknown

/** Defines a test for a promise, with time for what starts other programs; what can't be checked here is skipped. */
export function contractTest(
  test: TestFunction,
  name: string,
  check: () => Promise<void>,
  timeoutMs = 120_000,
): void {
  const run = async (context: { skip(reason?: string): unknown }): Promise<void> => {
    try {
      await check()
    } catch (error) {
      if (!(error instanceof Skip)) throw error
      context.skip(error.message)
    }
  }
  test(name, run, timeoutMs)
}
