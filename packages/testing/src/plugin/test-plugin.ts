// Puts a plugin, or another package, to the contract as tests of the author's own runner, one for each check.
import { Skip } from './check.ts'
import { checksFor } from './contract.ts'
import { packageOf, subjectOf, type PluginOptions, type Subject } from './subject.ts'

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
  testSubject(test, subjectOf(options))
}

/**
 * Defines a test for each promise of plugins that any package keeps which works with the kernel: a store, an exporter.
 * @throws {RETINUE_CONTRACT_SUBJECT} where there is no such package.
 *
 * @example
 * testPackage({ test, entry: new URL('../src/index.ts', import.meta.url) })
 */
export function testPackage(options: { readonly test: TestFunction; readonly entry: string | URL }): void {
  testSubject(options.test, packageOf(options.entry))
}

function testSubject(test: TestFunction, subject: Subject): void {
  for (const check of checksFor(subject)) {
    test(`${subject.manifest.name}: ${check.name}`, async (context) => {
      try {
        await check.run(subject)
      } catch (error) {
        if (!(error instanceof Skip)) throw error
        context.skip(error.message)
      }
    })
  }
}
