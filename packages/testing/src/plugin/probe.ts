// Runs in a process of its own, which `import.ts` starts: imports a plugin while everything that a module should leave
// alone at import is watched, then evaluates it again, and once more with a second copy of the kernel.
import loader from 'node:module'
import { pathToFileURL } from 'node:url'
import * as copies from './second-copy.ts'
import { watch } from './watch.ts'

/** What to import. */
export interface ImportTask {
  readonly entry: string
  readonly folder: string
  readonly pure: string | undefined
}

/** What happened. */
export interface ImportReport {
  /** Why the entry could not be imported at all. */
  readonly failure?: string
  /** What the plugin's own files did while they were imported, and where. */
  readonly acts: readonly { readonly what: string; readonly at: string }[]
  readonly topLevelAwait: boolean
  /** What importing the pure file alone registered; `undefined` where the entry is that file, or it is unknown. */
  readonly pureRegistered: Registered | undefined
  /** What the entry registered. */
  readonly registered: Registered
  readonly again: Evaluation & { /** Whether the same types have other schemas. */ readonly differs: boolean }
  readonly copy: Evaluation & { readonly shared: boolean }
}

type Registered = readonly (readonly [key: string, from: string])[]

/** A further evaluation of the entry. */
export interface Evaluation {
  readonly failure?: string
  /** Whether other types are registered than before. */
  readonly changed: boolean
}

interface Kernel {
  readonly registry: {
    all(): ReadonlyMap<
      string,
      {
        readonly key: string
        readonly origin: { readonly package: string }
        readonly definition: { readonly schema?: object }
      }
    >
  }
}

const task = JSON.parse(process.argv[2]!) as ImportTask
const require = loader.createRequire(task.entry)
const kernel = require('@retinue/kernel') as Kernel
const registered = (): [string, string][] =>
  [...kernel.registry.all().values()].map(({ key, origin }) => [key, origin.package])
/** Every schema with its defaults; what is a function has no JSON. */
const schemas = (): string =>
  JSON.stringify([...kernel.registry.all().values()].map(({ key, definition }) => [key, definition.schema]))

process.send!(await report().catch((error: unknown) => ({ failure: reasonOf(error) })))
process.disconnect!()

async function report(): Promise<ImportReport> {
  const acts = watch(task.folder)
  loader.syncBuiltinESMExports()
  let pureRegistered: Registered | undefined
  let topLevelAwait = false
  if (task.pure !== undefined && task.pure !== task.entry) {
    topLevelAwait = await load(task.pure)
    pureRegistered = registered()
  }
  topLevelAwait = (await load(task.entry)) || topLevelAwait
  await new Promise((resolve) => acts.later(resolve)) // what a module puts off to the next turn counts, too
  acts.stop()
  const first = registered()
  startCopies()
  const before = schemas()
  const again = await evaluate('again', first)
  const differs = schemas() !== before
  const copy = await evaluate('copy', first)
  const second = copy.failure === undefined ? ((await import(await kernelCopy())) as Kernel) : undefined
  const shared = second === undefined || second.registry === kernel.registry
  return {
    acts: acts.list,
    topLevelAwait,
    pureRegistered,
    registered: first,
    again: { ...again, differs },
    copy: { ...copy, shared },
  }
}

/** Imports a file; tells whether it, or something that it imports, has to be waited for. */
async function load(file: string): Promise<boolean> {
  try {
    require(file)
    return false
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error
    await import(pathToFileURL(file).href)
    return true
  }
}

async function evaluate(tag: 'again' | 'copy', before: readonly unknown[]): Promise<Evaluation> {
  try {
    await import(`${pathToFileURL(task.entry).href}?${tag}`)
    return { changed: JSON.stringify(registered()) !== JSON.stringify(before) }
  } catch (error) {
    return { failure: reasonOf(error), changed: false }
  }
}

/** From here on, what is imported by a file with the query `again` or `copy` has that query, too. */
function startCopies(): void {
  const folders = { plugin: task.folder, kernel: kernelFolder() }
  const { registerHooks } = loader as { registerHooks?: (hooks: object) => unknown } // Node 20 has none
  if (registerHooks !== undefined) {
    copies.initialize(folders)
    registerHooks(copies)
  } else {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    loader.register(`./second-copy.${extension}`, import.meta.url, { data: folders })
  }
}

function kernelFolder(): string {
  return require.resolve('@retinue/kernel').replace(/[\\/](src|dist)[\\/]index\.[jt]s$/, '')
}

async function kernelCopy(): Promise<string> {
  return `${pathToFileURL(require.resolve('@retinue/kernel')).href}?copy`
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
