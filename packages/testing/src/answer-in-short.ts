// Answers of scripts that are written in short. A misspelt field would play as an answer that says nothing, and the
// test would test nothing.
import { RetinueError } from '@retinue/kernel'

/**
 * Gives an answer that has no other fields than those that are known.
 * @throws {RETINUE_SCRIPT_STEP} for one that has, and for what is no answer.
 */
export function answerInShort<T extends object>(step: T, fields: Readonly<Record<keyof T, unknown>>): T {
  const prototype: unknown =
    typeof step === 'object' && step !== null ? Object.getPrototypeOf(step) : undefined
  const isPlain = prototype === Object.prototype || prototype === null
  const stray = isPlain ? Object.keys(step).find((key) => !Object.hasOwn(fields, key)) : undefined
  if (isPlain && stray === undefined) return step
  const what = isPlain ? `A step of a script has no '${stray}'.` : 'A step of a script is none.'
  throw new RetinueError('RETINUE_SCRIPT_STEP', what, {
    hint: `Give a text, an error, a function, or an object of ${Object.keys(fields).join(', ')}.`,
  })
}
