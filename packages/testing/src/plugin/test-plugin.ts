// Puts a plugin, or another package, to the contract as tests of the author's own runner, one for each check.
import { checkOptions, type KnownOptions, option, type OptionRule } from '@retinue/kernel'
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
export function testPlugin(options: PluginOptions & { readonly test: TestFunction }): void {
  checkOptions('testPlugin()', options, pluginOptions, undefined, 'test', 'plugin', 'entry')
  testSubject(options.test, subjectOf(options))
}

/**
 * Defines a test for each promise of plugins that any package keeps which works with the kernel: a store, an exporter.
 * @throws {RETINUE_CONTRACT_SUBJECT} where there is no such package.
 *
 * @example
 * testPackage({ test, entry: new URL('../src/index.ts', import.meta.url) })
 */
export function testPackage(options: { readonly test: TestFunction; readonly entry: string | URL }): void {
  checkOptions('testPackage()', options, packageOptions, undefined, 'test', 'entry')
  testSubject(options.test, packageOf(options.entry))
}

const place: OptionRule = option.either(option.name, ['a URL', (url) => 'href' in Object(url)])
const packageOptions = { test: option.function, entry: place }
const pluginOptions: KnownOptions<PluginOptions & { readonly test: TestFunction }> = {
  ...packageOptions,
  plugin: ['what definePlugin() made', () => true], // looked at with what belongs to it
  alongside: option.list,
  fixtures: place,
  calls: option.object,
}

function testSubject(test: TestFunction, subject: Subject): void {
  for (const check of checksFor(subject)) {
    contractTest(test, `${subject.manifest.name}: ${check.name}`, async () => check.run(subject))
  }
}
