// A page as an agent reads it: what may be read is read, and kept for a while with the session, so that reading on asks
// nobody again.
import { STATUS_CODES } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Dispatcher } from 'undici/index.js'
import { decode } from './charset.ts'
import { download, userAgent } from './download.ts'
import { failure } from './errors.ts'
import { guardedAgent, type GuardOptions } from './guarded-agent.ts'
import { hostName } from './host-name.ts'
import type { PageText } from './markdown.ts'
import { markdownOf } from './markdown-thread.ts'
import { isAllowed, type Rule, rulesFor } from './robots.ts'

/** A page that was read. */
export interface Page extends PageText {
  /** Where it is, after all redirects. */
  readonly url: string
  /** That of HTTP. */
  readonly status: number
}

/** What reading a page is told. */
export interface PageOptions extends GuardOptions {
  /** The hosts that may be read: names, and `*.example.com` for all below one. @default all */
  readonly allowHosts: readonly string[] | undefined
  readonly respectRobots: boolean
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

const keptMs = 15 * 60_000

/** What was read lately: of whom it hangs on, and of nobody else. */
class Shelf {
  static readonly #shelves = new WeakMap<object, Shelf>()
  readonly pages = new LRUCache<string, Page>({
    maxSize: 20_000_000,
    sizeCalculation: ({ text, title, url }) => text.length + title.length + url.length,
    ttl: keptMs,
  })
  /** The rules of sites by origin. */
  readonly robots = new LRUCache<string, readonly Rule[]>({
    maxSize: 5_000_000,
    sizeCalculation: (rules) => rules.reduce((sum, { pattern }) => sum + pattern.length, 1),
    ttl: keptMs,
  })

  static of(owner: object): Shelf {
    let shelf = Shelf.#shelves.get(owner)
    if (shelf === undefined) Shelf.#shelves.set(owner, (shelf = new Shelf()))
    return shelf
  }
}

/** Keeps something until its time is up. The timer holds nothing of it: it goes before, with whom it hangs on. */
function keep<V extends object>(kept: LRUCache<string, V>, name: string, value: V): void {
  kept.set(name, value)
  const ref = new WeakRef(kept)
  setTimeout(() => ref.deref()?.purgeStale(), keptMs + 1).unref()
}

/** Reads a page, or gives what was read of it in the last 15 minutes for the same owner, which is a session. */
export async function readPage(owner: object, address: string, options: PageOptions): Promise<Page> {
  const shelf = Shelf.of(owner)
  const url = parsed(address)
  url.hash = ''
  checkAddress(url, options)
  const known = shelf.pages.get(url.href)
  if (known !== undefined) {
    checkAddress(new URL(known.url), options)
    return known
  }
  const dispatcher = guardedAgent(options)
  const late = AbortSignal.timeout(options.timeoutMs) // held to the end: Node 20 forgets one that only `any` knows
  const signal = AbortSignal.any([options.signal, late])
  try {
    const page = await load(url, { ...options, signal }, dispatcher, shelf)
    keep(shelf.pages, url.href, page)
    return page
  } catch (error) {
    if (options.signal.aborted || error !== late.reason) throw error
    const what = `'${url.href}' takes longer than ${options.timeoutMs} ms to be read.`
    const hint = 'Look for a smaller page, or try again when less is read at once.'
    throw failure('RETINUE_WEB_FETCH_UNREADABLE', what, hint, error)
  } finally {
    await dispatcher.destroy()
  }
}

async function load(url: URL, options: PageOptions, dispatcher: Dispatcher, shelf: Shelf): Promise<Page> {
  const { maxBytes, signal, respectRobots } = options
  const wire = { dispatcher, signal, check: (to: URL) => checkAddress(to, options) }
  const found = await download(url, {
    ...wire,
    maxBytes,
    async check(to) {
      checkAddress(to, options)
      if (respectRobots) await checkRobots(to, wire, shelf)
    },
  })
  const { href } = found.url
  if (found.status >= 400) {
    const what = `'${href}' answered ${found.status} ${STATUS_CODES[found.status] ?? ''}`.trimEnd()
    throw failure('RETINUE_WEB_FETCH_STATUS', `${what}.`, 'Check the address, or look for another page.')
  }
  const [type = ''] = found.contentType.toLowerCase().split(';', 1)
  if (!/^\s*(?:text\/|application\/(?:[\w.+-]+\+)?(?:json|xml)\s*$|$)/.test(type)) {
    const told = /^[\w.+/-]{1,100}$/.test(type.trim()) ? type.trim() : 'of a type that is none'
    const what = `'${href}' is ${told}, and only text can be read: HTML, plain text, JSON, XML.`
    throw failure('RETINUE_WEB_FETCH_TYPE', what, 'Look for a page that says the same.')
  }
  if (found.isCut) {
    const what = `'${href}' is larger than ${maxBytes} bytes.`
    throw failure('RETINUE_WEB_FETCH_SIZE', what, 'Look for a smaller page.')
  }
  const text = decode(found.bytes, found.contentType)
  if (text.slice(0, 1024).includes('\0')) {
    const what = `'${href}' is no text, whatever its server says.`
    throw failure('RETINUE_WEB_FETCH_TYPE', what, 'Look for a page that says the same.')
  }
  return {
    url: href,
    status: found.status,
    ...(/html/.test(type) ? await markdownOf(text, href, signal) : { title: '', text }),
  }
}

type Wire = Pick<Parameters<typeof download>[1], 'dispatcher' | 'signal' | 'check'>

/** @see https://www.rfc-editor.org/rfc/rfc9309: a site without rules allows all, one that is out of order nothing */
async function checkRobots(url: URL, wire: Wire, shelf: Shelf): Promise<void> {
  const address = new URL('/robots.txt', url)
  let rules = shelf.robots.get(url.origin)
  if (rules === undefined) {
    const { status, bytes } = await download(address, { ...wire, maxBytes: maxRobotsBytes })
    if (status >= 500) {
      const what = `'${url.host}' does not say at the moment whether machines may read it.`
      throw failure('RETINUE_WEB_FETCH_ROBOTS', what, 'Try again later, or look elsewhere.')
    }
    rules = status >= 400 ? [] : rulesFor(userAgent, new TextDecoder().decode(bytes))
    keep(shelf.robots, url.origin, rules)
  }
  const wild = rules.filter(({ pattern }) => pattern.includes('*')).length
  if (wild * url.href.length > maxComparisons) {
    const what = `'${url.host}' has too many rules for machines to tell whether such a long address may be read.`
    throw failure('RETINUE_WEB_FETCH_ROBOTS', what, 'Look for another source.')
  }
  if (isAllowed(rules, url)) return
  const what = `'${url.host}' asks machines not to read '${url.pathname}'.`
  throw failure('RETINUE_WEB_FETCH_ROBOTS', what, 'Look for another source.')
}

const maxRobotsBytes = 512 * 1024
const maxComparisons = 10_000_000 // at most a tenth of a second

function parsed(address: string): URL {
  if (URL.canParse(address)) return new URL(address)
  const hint = 'Give it whole, as https://example.com/page.'
  throw failure('RETINUE_WEB_FETCH_URL', `'${address}' is no address.`, hint)
}

function checkAddress(url: URL, { allowHosts }: PageOptions): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const what = `'${url.protocol}' is no address of the web.`
    throw failure('RETINUE_WEB_FETCH_URL', what, 'Give one that begins with https:// or http://.')
  }
  if (url.username !== '' || url.password !== '') {
    const what = `An address of '${url.host}' carries a name or a password.`
    throw failure('RETINUE_WEB_FETCH_URL', what, 'Give it without.')
  }
  const name = url.hostname.replace(/\.$/, '')
  if (allowHosts === undefined || allowHosts.some((host) => covers(host, name))) return
  const list = allowHosts.length === 0 ? 'No host may be read' : `You can read: ${allowHosts.join(', ')}`
  throw failure('RETINUE_WEB_FETCH_HOST', `'${name}' may not be read.`, `${list}.`)
}

function covers(host: string, name: string): boolean {
  const isWild = host.startsWith('*.')
  const wanted = hostName(isWild ? host.slice(2) : host)
  return isWild ? name.endsWith(`.${wanted}`) : name === wanted
}
