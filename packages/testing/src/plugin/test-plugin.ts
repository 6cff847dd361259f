// Puts a plugin, or another package, to the contract as tests of the author's own runner, one for each check.
import { contractTest, type TestFunction } from '../contract-test.ts'
import { checksFor } from './contract.ts'
import { packageOf, subjectOf, type PluginOptions, type Subject } from './subject.ts'

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
    contractTest(test, `${subject.manifest.name}: ${check.name}`, async () => check.run(subject))
  }
}
