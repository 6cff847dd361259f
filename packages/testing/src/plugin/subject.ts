// What is put to the contract: a plugin, the file that registers it, and the package that this file belongs to.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createRegistry, RetinueError, type Plugin, type Registration, type Registry } from '@retinue/kernel'

/** What is put to the contract. */
export interface PluginOptions {
  /** The plugin, as its pure file defines it. */
  readonly plugin: Plugin
  /** The file that registers it: of the sources (`src/index.ts`), or built (`dist/index.js`). */
  readonly entry: string | URL
  /** Plugins of other packages that this one needs, or of which its fixtures hold something. */
  readonly alongside?: readonly Plugin[]
  /** The folder of snapshots that earlier versions saved. @default 'test/fixtures' in the package */
  readonly fixtures?: string | URL
  /** Inputs with which tools may be called, by published name. Without one a tool is never called. */
  readonly calls?: Readonly<Record<string, object>>
}

/** A package.json, as far as the contract looks at it. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly type?: string
  readonly keywords?: readonly string[]
  readonly license?: string
  readonly files?: readonly string[]
  readonly sideEffects?: boolean | readonly string[]
  readonly exports?: unknown
  readonly publishConfig?: { readonly exports?: unknown }
  readonly engines?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A plugin and its surroundings, found and read. */
export interface Subject {
  readonly plugin: Plugin
  /** Whether it is a plugin, and not a package that only works with the kernel. */
  readonly isPlugin: boolean
  readonly entry: string
  /** Whether the entry is what users get, and not its source. */
  readonly isBuilt: boolean
  /** The folder of its package.json. */
  readonly folder: string
  readonly manifest: Manifest
  readonly alongside: readonly Plugin[]
  readonly fixtures: string
  readonly calls: Readonly<Record<string, object>>
}

/** Finds what belongs to a package that is no plugin. @throws {RETINUE_CONTRACT_SUBJECT} */
export function packageOf(entry: string | URL): Subject {
  const plugin: Plugin = { name: '', version: '', contributes: [], replaces: [], file: undefined }
  return { ...subjectOf({ plugin, entry }), isPlugin: false }
}

/** Finds what belongs to a plugin. @throws {RETINUE_CONTRACT_SUBJECT} */
export function subjectOf({ plugin, entry, alongside = [], fixtures, calls = {} }: PluginOptions): Subject {
  if (typeof plugin?.name !== 'string' || !Array.isArray(plugin.contributes)) {
    throw refused('What was given as plugin is none.', 'Give what definePlugin() made.')
  }
  const file = pathOf(entry)
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw refused(
      `There is no file ${file}.`,
      'Give the file that registers the plugin; build it first, if it is built.',
    )
  }
  const folder = packageFolder(file)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  return {
    plugin,
    isPlugin: true,
    entry: file,
    isBuilt: !/\.[cm]?tsx?$/.test(file),
    folder,
    manifest,
    alongside,
    fixtures: fixtures === undefined ? join(folder, 'test', 'fixtures') : pathOf(fixtures),
    calls,
  }
}

/** A registry with the plugin and what it needs, and nothing else. */
export function registryWith({ alongside, plugin }: Subject): Registry {
  const registry = createRegistry()
  for (const each of [...alongside, plugin]) registry.register(each)
  return registry
}

/** What the plugin has registered. */
export function entriesOf(registry: Registry, { plugin }: Subject): Registration[] {
  return [...registry.all().values()].filter(({ origin }) => origin.package === plugin.name)
}

/** A file of the package as its package.json names it: `./dist/index.js`. */
export function inPackage({ folder }: Subject, file: string): string {
  return `./${relative(folder, file).split(sep).join('/')}`
}

function pathOf(file: string | URL): string {
  const text = String(file)
  return text.startsWith('file:') ? fileURLToPath(text) : resolve(text)
}

function packageFolder(file: string): string {
  for (let at = dirname(file); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
    if (at === dirname(at)) {
      throw refused(
        `No package.json stands above ${pathToFileURL(file)}.`,
        'A plugin is a package of its own.',
      )
    }
  }
}

function refused(what: string, hint: string): RetinueError {
  return new RetinueError('RETINUE_CONTRACT_SUBJECT', what, { hint })
}
