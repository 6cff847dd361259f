// The codes of this plugin. Models read some of these texts, operators the others: each says what is the case and what to
// do. None holds a secret, and what a server said is cleaned before it gets here.
import { RetinueError } from '@retinue/kernel'
import { cleaned } from './foreign-text.ts'

/** Each code that this plugin throws or reports, with what it means. */
export const errorCodes = {
  RETINUE_MCP_OPTIONS: 'A server is not described, or its name is taken.',
  RETINUE_MCP_CONNECT: 'A server can not be reached, or is none.',
  RETINUE_MCP_DEFINITION: 'What a server lists can not be taken.',
  RETINUE_MCP_CHANGED: 'A tool has changed since it was called.',
  RETINUE_MCP_DOWN: 'A server is gone.',
  RETINUE_MCP_TIMEOUT: 'A server did not answer in time.',
  RETINUE_MCP_FAILED: 'A server answered with an error.',
} as const

/** A code of this plugin. */
export type McpErrorCode = keyof typeof errorCodes

/** Makes an error of this plugin: what is the case, and what to do about it. */
export function failure(code: McpErrorCode, what: string, hint?: string): RetinueError {
  return new RetinueError(code, what, { hint })
}

/** Tells why something that a server lists is not taken, and with it those that come after it, where `count` were not. */
export function untaken(what: string, name: string, reason: string, count = 1): RetinueError {
  const others = count === 1 ? '' : ` and ${count - 1} more`
  return failure(
    'RETINUE_MCP_DEFINITION',
    `The ${what} '${cleaned(name, 100)}'${others} can't be taken: ${cleaned(reason, 500)}.`,
  )
}

/** What went wrong, in a line: what it goes back to. */
export function reasonOf(error: unknown): string {
  const { message = error, status, code, cause } = Object(error) as Record<string, unknown>
  if (cause) return reasonOf(cause)
  return String(message || code).replace(/^Error POST.*?(?=:)/, `HTTP ${status as number}`)
}
