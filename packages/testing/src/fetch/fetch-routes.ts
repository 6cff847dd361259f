// Which step answers which request: the steps of a script by what is asked for, each used once.
import { RetinueError } from '@retinue/kernel'
import type { FetchScript, FetchStep } from './fetch-step.ts'

/** What a script has for one address, or for all of them. */
export interface FetchRoute {
  /** As the script calls it. */
  readonly name: string
  readonly steps: readonly FetchStep[]
  /** How many requests came for it. */
  asked: number
  fits(method: string, url: URL): boolean
}

/** Reads a script. @throws {RETINUE_SCRIPT_STEP} where it is none, or an address in it. */
export function routesOf(script: FetchScript): readonly FetchRoute[] {
  if (typeof script !== 'object' || script === null) {
    throw new RetinueError(
      'RETINUE_SCRIPT_STEP',
      'A script is a list of steps, or an object of steps by address.',
      {
        hint: "Write scriptedFetch({ 'https://example.com/a': { json: {} } }).",
      },
    )
  }
  if (isList(script)) return [{ name: 'any address', steps: [...script], asked: 0, fits: () => true }]
  return Object.entries(script).map(([name, steps]) => ({
    name,
    steps: isList(steps) ? [...steps] : [steps],
    asked: 0,
    fits: fitting(name),
  }))
}

function fitting(name: string): FetchRoute['fits'] {
  const [, method, address = ''] = /^(?:([A-Z]+) )?(.*)$/.exec(name) ?? []
  const isPrefix = address.endsWith('*')
  const fixed = isPrefix ? address.slice(0, -1) : address
  if (!URL.canParse(fixed)) {
    throw new RetinueError('RETINUE_SCRIPT_STEP', `'${name}' is no address.`, {
      hint: "Write 'https://example.com/a', with the method before it if need be.",
    })
  }
  const { href, origin, pathname, search } = new URL(fixed)
  return (asked, url) => {
    if (method !== undefined && method !== asked) return false
    const whole = url.origin + url.pathname + url.search
    if (isPrefix) return whole.startsWith(href)
    return url.origin + url.pathname === origin + pathname && (search === '' || search === url.search)
  }
}

function isList<T>(value: T | readonly T[]): value is readonly T[]
function isList(value: FetchScript): value is readonly FetchStep[]
function isList(value: unknown): boolean {
  return Array.isArray(value)
}
