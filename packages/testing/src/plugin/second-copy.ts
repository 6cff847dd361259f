// Hooks of Node's module loader that make copies: what a file with the query `again` imports of the plugin has that query
// too, and what one with `copy` imports of the plugin or of the kernel. To Node that is another module each time.
import { pathToFileURL } from 'node:url'

interface Resolved {
  readonly url: string
}

interface Folders {
  readonly plugin: string
  readonly kernel: string
}

let plugin = ''
let kernel = ''

/** Tells the hooks which folders are copied. */
export function initialize(folders: Folders): void {
  plugin = `${pathToFileURL(folders.plugin).href}/`
  kernel = `${pathToFileURL(folders.kernel).href}/`
}

/** Finds a module, or its copy; in a thread of hooks the next step takes time, elsewhere it does not. */
export function resolve(
  specifier: string,
  context: { readonly parentURL?: string },
  next: (specifier: string, context: object) => Resolved | Promise<Resolved>,
): Resolved | Promise<Resolved> {
  const found = next(specifier, context)
  const tag = /\?(again|copy)$/.exec(context.parentURL ?? '')?.[1]
  if (tag === undefined) return found
  return found instanceof Promise ? found.then((each) => tagged(each, tag)) : tagged(found, tag)
}

function tagged(found: Resolved, tag: string): Resolved {
  const isOf = (folder: string): boolean =>
    found.url.startsWith(folder) && !found.url.slice(folder.length).includes('node_modules/')
  const isCopied = isOf(plugin) || (tag === 'copy' && isOf(kernel))
  return isCopied && !found.url.includes('?') ? { ...found, url: `${found.url}?${tag}` } : found
}
