// What a check of a contract comes to where its promise does not hold: it is broken, and the message says how to mend it;
// or it can't be looked at here, which is said and never passes for holding.
import { RetinueError } from '@retinue/kernel'

/** Why a check can't be run here. */
export class Skip extends Error {}

/** A promise that does not hold: what is the case, and how to mend it. */
export function broken(what: string, mend: string, cause?: unknown): RetinueError {
  const sentence = /[.:!?]$/.test(what) || mend === '' ? what : `${what}.`
  return new RetinueError('RETINUE_CONTRACT_BROKEN', sentence, { hint: mend || undefined, cause })
}

/** Throws all that is wrong as one. */
export function breakWith(problems: readonly (readonly [what: string, mend: string])[]): void {
  const [first] = problems
  if (first === undefined) return
  if (problems.length === 1) throw broken(...first)
  const lines = problems.map(([what, mend]) => `\n- ${what} ${mend}`)
  throw broken(`${problems.length} things are wrong:${lines.join('')}`, '')
}
