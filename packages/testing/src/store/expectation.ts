// What checks of stores expect, and how it is told where it does not hold: what was asked, what came, what should have.
import { isDeepStrictEqual } from 'node:util'

/** Refuses anything but what is expected. */
export function same(asked: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new Error(`${asked} gives ${shown(actual)}, not ${shown(expected)}.`)
}

/** Refuses what does not hold. */
export function holds(what: string, isSo: boolean): void {
  if (!isSo) throw new Error(`It does not hold that ${what}.`)
}

/** Refuses whatever does not fail with that code; gives the error. */
export async function refused(asked: string, code: string, attempt: Promise<unknown>): Promise<object> {
  const outcome = await inTime(
    asked,
    attempt.then(
      () => 'no error at all',
      (error: unknown) => Object(error) as { readonly code?: unknown },
    ),
  )
  if (typeof outcome === 'object' && outcome.code === code) return outcome
  throw new Error(`${asked} gives ${shown(outcome)}, not an error of the code ${code}.`, { cause: outcome })
}

/** Below the limit of test runners, which can't say what they have waited for. */
const limitMs = 4000

/** Refuses what does not come to an end. */
export async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not ended after ${limitMs} ms.`)), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const maxShown = 600

function shown(value: unknown): string {
  const text =
    value instanceof Error ? `the error '${value.message}'` : (JSON.stringify(value) ?? String(value))
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text
}
