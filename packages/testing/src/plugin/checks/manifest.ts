import { kernelVersion } from '@retinue/kernel'
import { satisfies, validRange } from 'semver'
import type { Check } from '../check.ts'
import { breakWith } from '../../verdict.ts'
import { inPackage, type Manifest, type Subject } from '../subject.ts'

/** The package says what the plugin says, and brings no kernel of its own. */
export const manifest: Check = {
  name: 'its package.json fits it, and leaves the kernel to the application',
  run(subject) {
    breakWith([...identity(subject), ...peers(subject.manifest), ...loading(subject)])
  },
}

/** The same of a package that is no plugin. */
export const peersOnly: Check = {
  name: 'its package.json leaves the kernel to the application',
  run({ manifest: read }) {
    breakWith([...peers(read)])
  },
}

type Problems = Generator<readonly [what: string, mend: string]>

function* identity({ plugin, manifest: { name, version, keywords, engines } }: Subject): Problems {
  if (name !== plugin.name) {
    yield [
      `The package is '${name}', and its plugin says '${plugin.name}'.`,
      'Conflicts and prompts name the plugin: write the name of the package in definePlugin().',
    ]
  }
  if (version !== plugin.version) {
    yield [
      `The package is of version ${version}, and its plugin says ${plugin.version}.`,
      'Write the version of package.json in definePlugin(), and keep them in step.',
    ]
  }
  if (!keywords?.includes('retinue-plugin')) {
    yield ["Its keywords lack 'retinue-plugin'.", 'Add it: people look plugins up by it.']
  }
  if (engines?.['node'] === undefined) {
    yield ['It does not say which Node it runs on.', 'Add "engines": { "node": "^20.19.0 || >=22.12.0" }.']
  }
}

/** A path, a URL or a repository in the place of versions; what pnpm makes versions of when it packs is none. */
const isPlace = /^(?!npm:|workspace:|catalog:).*[:/]/

function* peers({ dependencies = {}, peerDependencies = {} }: Manifest): Problems {
  for (const name of Object.keys(dependencies)) {
    if (name !== '@retinue/kernel' && name !== '@retinue/agent') continue
    yield [
      `'${name}' is among its dependencies, which can bring a second copy.`,
      'Move it to peerDependencies, and to devDependencies for your tests.',
    ]
  }
  for (const [name, from] of Object.entries(peerDependencies)) {
    if (!isPlace.test(from)) continue
    yield [
      `Its peerDependencies want ${name} from '${from}', where whoever installs it has none.`,
      'Write a range of versions there, such as "^1.0.0"; a path belongs in devDependencies.',
    ]
  }
  const range = peerDependencies['@retinue/kernel']
  if (range === undefined) {
    if (dependencies['@retinue/kernel'] !== undefined) return
    yield [
      'Its peerDependencies lack @retinue/kernel.',
      'Add it with the range of versions that you have tried.',
    ]
  } else if (validRange(range) !== null && !satisfies(kernelVersion, range, { includePrerelease: true })) {
    yield [
      `It wants @retinue/kernel ${range}, and was tried here with ${kernelVersion}.`,
      'Widen the range in peerDependencies, or install the kernel that it names.',
    ]
  }
}

function* loading(subject: Subject): Problems {
  const { manifest: read, entry, isBuilt } = subject
  if (read.type !== 'module') yield ['It is not an ES module.', 'Add "type": "module".']
  const own = inPackage(subject, entry)
  const target = mainExport(isBuilt ? read.exports : (read.publishConfig?.exports ?? read.exports))
  const bundled = isBuilt ? own : (target?.default ?? own) // what users get: nobody bundles the sources
  const { sideEffects } = read
  const isListed = Array.isArray(sideEffects) && sideEffects.includes(bundled)
  if (!isListed) {
    yield [
      `Its sideEffects don't list '${bundled}', so bundlers drop the bare import that registers it.`,
      `Write "sideEffects": ["${bundled}"]: the entry, and nothing else.`,
    ]
  }
  if (target?.types === undefined || target.default === undefined) {
    yield [
      "Its exports['.'] lack types or default.",
      'Write "exports": { ".": { "types": "./dist/index.d.ts", "default": "./dist/index.js" } }.',
    ]
  } else if (Object.keys(target).indexOf('types') > Object.keys(target).indexOf('default')) {
    yield [
      "In its exports['.'], types stands behind default, where TypeScript never looks.",
      'Put types first.',
    ]
  } else if (isBuilt && target.default !== own) {
    yield [
      `Its exports['.'] lead to '${target.default}', and '${own}' was looked at.`,
      'Give the file that users get.',
    ]
  }
}

function mainExport(exports: unknown): Record<string, string> | undefined {
  const main = (exports as Record<string, unknown> | undefined)?.['.'] ?? exports
  return typeof main === 'object' && main !== null ? (main as Record<string, string>) : undefined
}
