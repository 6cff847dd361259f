// Watches what a module should leave alone while it is imported: files, the network, processes, timers, the environment,
// the output. Only what the files of one folder do is noted; what their dependencies do is not theirs to mend.
import childProcess from 'node:child_process'
import dns from 'node:dns'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import timers from 'node:timers'
import workers from 'node:worker_threads'
import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What was done, and where. */
export interface Act {
  readonly what: string
  readonly at: string
}

/** What was noted so far. */
export interface Watching {
  readonly list: readonly Act[]
  /** The real `setImmediate`. */
  later(act: (value: unknown) => void): void
  stop(): void
}

/** Watches from now on. */
export function watch(folder: string): Watching {
  const own = `${pathToFileURL(folder).href}/`
  const list: Act[] = []
  let stopped = false
  const later = setImmediate

  const note = (what: string): void => {
    if (stopped) return
    const at = callerIn(own)
    if (at !== undefined && !list.some((each) => each.what === what && each.at === at))
      list.push({ what, at })
  }
  const watchFunctions = (what: string, target: object, names = functionsOf(target)): void => {
    for (const name of names) {
      const real = (target as Record<string, unknown>)[name]
      if (typeof real !== 'function') continue
      const watched = new Proxy(real, {
        apply(to, self, given) {
          note(`calls ${what}${name}()`)
          return Reflect.apply(to, self, given) as unknown
        },
        construct(to, given, made) {
          note(`makes a ${what}${name}`)
          return Reflect.construct(to, given, made) as object
        },
      })
      try {
        Object.defineProperty(target, name, {
          value: watched,
          writable: true,
          configurable: true,
          enumerable: true,
        })
      } catch {
        // What can't be replaced can't be watched.
      }
    }
  }
  watchFunctions('fs.', fs)
  watchFunctions('fs.promises.', fs.promises)
  watchFunctions('child_process.', childProcess)
  watchFunctions('dns.', dns)
  watchFunctions('worker_threads.', workers, ['Worker'])
  watchFunctions('sqlite.', process.getBuiltinModule?.('node:sqlite') ?? {}, ['DatabaseSync']) // Node 20 has neither
  watchFunctions('http.', http, ['get', 'request', 'createServer'])
  watchFunctions('https.', https, ['get', 'request', 'createServer'])
  watchFunctions('net.', net, ['connect', 'createConnection', 'createServer'])
  const timing = ['setTimeout', 'setInterval', 'setImmediate']
  watchFunctions('timers.', timers, timing)
  watchFunctions('', globalThis, [...timing, 'fetch', 'WebSocket'])
  watchFunctions('process.', process, ['cwd', 'on', 'once', 'addListener'])
  watchFunctions('process.stdout.', process.stdout, ['write'])
  watchFunctions('process.stderr.', process.stderr, ['write'])
  watchFunctions('console.', console)

  process.env = new Proxy(process.env, {
    get(env, name, self) {
      if (typeof name === 'string') note(`reads process.env.${name}`)
      return Reflect.get(env, name, self) as unknown
    },
    has(env, name) {
      if (typeof name === 'string') note(`reads process.env.${name}`)
      return Reflect.has(env, name)
    },
    ownKeys(env) {
      note('reads process.env')
      return Reflect.ownKeys(env)
    },
  })
  return { list, later: (act) => void later(act), stop: () => void (stopped = true) }
}

function functionsOf(target: object): string[] {
  return Object.keys(target).filter((name) => /^[a-z]/.test(name))
}

/** The nearest line of a file of the folder that is being executed, unless the module loader is at work in between. */
function callerIn(own: string): string | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 40
  const lines = new Error().stack?.split('\n') ?? []
  Error.stackTraceLimit = limit
  const line = lines.find((each) => {
    const from = each.indexOf(own)
    return from >= 0 && !each.slice(from + own.length).includes('node_modules/')
  })
  if (line === undefined) return undefined
  const between = lines.slice(0, lines.indexOf(line))
  if (between.some((each) => each.includes('node:internal/modules/'))) return undefined
  const place = /(file:.*?)(:\d+:\d+)\)?$/.exec(line)
  if (place === null) return line.trim()
  return `${relative(fileURLToPath(own), fileURLToPath(place[1]!))}${place[2]}`
}
