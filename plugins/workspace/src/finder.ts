// Finds a pattern in lines. Plain text is looked for right here. A regular expression that a model wrote may backtrack
// for years, and JavaScript can't interrupt its own thread: it runs in a worker, which is stopped when it takes too
// long. The worker's few lines are a text, so that they run the same from sources, from a build and from a bundle.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { failure } from './errors.ts'

/** What is looked for. */
export interface Pattern {
  readonly text: string
  /** Whether the text is a regular expression. @default false */
  readonly isRegex?: boolean | undefined
  /** @default false */
  readonly ignoreCase?: boolean | undefined
}

/** A line that has the pattern: its index in the batch, and where in the line the first match starts. */
export type Hit = readonly [index: number, at: number]

/** Looks for one pattern. Ends at the end of `await using`. */
export interface Finder extends AsyncDisposable {
  /** @throws {RETINUE_WORKSPACE_INPUT} when the pattern took too long. */
  find(lines: readonly string[]): Promise<readonly Hit[]>
}

/** The longest that a regular expression may take for one batch of lines, in milliseconds. */
export const maxBatchMs = 1000

/**
 * Makes a finder.
 * @throws {RETINUE_WORKSPACE_INPUT} when the pattern is no regular expression, or no line can have it.
 *
 * @example
 * await using finder = await createFinder({ text: 'TODO' })
 * await finder.find(['', 'a TODO']) // [[1, 2]]
 */
export async function createFinder(pattern: Pattern, signal?: AbortSignal): Promise<Finder> {
  const flags = pattern.ignoreCase ? 'i' : ''
  if (!pattern.isRegex) return createPlainFinder(pattern.text, flags)
  return createRegexFinder(pattern.text, regexFlags(pattern.text, flags), signal)
}

/** The flags of an expression: with `u`, by which \p{L} is a letter, unless it is written more loosely, as in `foo {`. */
function regexFlags(text: string, flags: string): string {
  refuseLineBreak(text.replaceAll(escapeOrClass, (each) => (/^\\[nr]$/.test(each) ? '\n' : '')))
  try {
    return new RegExp(text, `${flags}u`).flags
  } catch {
    try {
      void new RegExp(text, flags)
    } catch (error) {
      const hint = 'Mend the regular expression, or search for plain text.'
      throw failure('RETINUE_WORKSPACE_INPUT', `${(error as Error).message}.`, hint)
    }
  }
  const foreign =
    text.match(/\\./gsu)?.find((each) => foreignEscape.test(each)) ?? /\[:\w+:\]|\\[xu]\{/.exec(text)?.[0]
  if (foreign === undefined) return flags
  throw failure(
    'RETINUE_WORKSPACE_INPUT',
    `'${foreign}' is not what it means elsewhere: regular expressions are those of JavaScript.`,
    'Write ^ and $, \\b, \\d, \\s, \\w, \\p{L} and their like, or search for plain text.',
  )
}

const escapeOrClass = /\\.|\[(?:\\.|[^\]\\])*\]/gs

/** Without `u`, JavaScript takes each of them for the character itself, and would find nothing without a word. */
const foreignEscape = /^\\[^\W\dbBcdDfknrsStuvwWx_]|^\\[<>]/

function createPlainFinder(text: string, flags: string): Finder {
  refuseLineBreak(text)
  const literal = new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), flags)
  return {
    async find(lines) {
      const hits: Hit[] = []
      lines.forEach((line, index) => {
        const at = line.search(literal)
        if (at >= 0) hits.push([index, at])
      })
      return hits
    },
    async [Symbol.asyncDispose]() {},
  }
}

function refuseLineBreak(text: string): void {
  if (!/[\r\n]/.test(text)) return
  throw failure(
    'RETINUE_WORKSPACE_INPUT',
    'The text has a line break, and lines are searched one by one.',
    'Search for the most telling of its lines.',
  )
}

const workerSource = `
const { parentPort, workerData } = require('node:worker_threads')
const pattern = new RegExp(workerData.text, workerData.flags)
parentPort.on('message', (lines) => {
  const hits = lines.map((line, index) => [index, line.search(pattern)])
  parentPort.postMessage(hits.filter(([, at]) => at >= 0))
})`

async function createRegexFinder(text: string, flags: string, signal?: AbortSignal): Promise<Finder> {
  const worker = new Worker(workerSource, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: { text, flags },
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
  })
  worker.on('error', () => {}) // told by `once` below; without a listener it would end the process
  await once(worker, 'online')
  return {
    async find(lines) {
      const timeout = AbortSignal.timeout(maxBatchMs)
      worker.postMessage(lines)
      try {
        const ends = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
        const [hits] = await once(worker, 'message', { signal: ends })
        return hits as Hit[]
      } catch (error) {
        signal?.throwIfAborted()
        const why = timeout.aborted ? 'takes too long' : `failed (${(error as Error).message})`
        throw failure(
          'RETINUE_WORKSPACE_INPUT',
          `The regular expression ${why} on these files.`,
          'Write it without repeated groups such as (a+)+ or (.*)*, or search for plain text.',
        )
      }
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
