// Puts a plugin to the contract as tests of the author's own runner, one for each check.
import { Skip } from './check.ts'
import { checksFor } from './contract.ts'
import { subjectOf, type PluginOptions } from './subject.ts'

/** The `test` of Vitest, node:test, or any runner that is called like theirs. */
export type TestFunction = (
  name: string,
  run: (context: { skip(reason?: string): unknown }) => Promise<void>,
) => unknown

/**
 * Defines a test for each promise that plugins make. Of an entry of the sources (`src/index.ts`) it tests what sources
 * can tell; bundlers, types and packed files want a built one.
 * @throws {RETINUE_CONTRACT_SUBJECT} where there is no such plugin.
 *
 * @example
 * import { testPlugin } from '@retinue/testing'
 * import { test } from 'vitest'
 * import { plugin } from '../src/units.ts'
 *
 * testPlugin({ test, plugin, entry: new URL('../src/index.ts', import.meta.url) })
 */
export function testPlugin({ test, ...options }: PluginOptions & { readonly test: TestFunction }): void {
  const subject = subjectOf(options)
  for (const check of checksFor(subject)) {
    test(`${subject.plugin.name}: ${check.name}`, async (context) => {
      try {
        await check.run(subject)
      } catch (error) {
        if (!(error instanceof Skip)) throw error
        context.skip(error.message)
      }
    })
  }
}
