// What went wrong with a server, in words for a model: whether it is gone, was too slow, or said so itself.
import { RetinueError } from '@retinue/kernel'
import { failure, type McpErrorCode, reasonOf } from './errors.ts'
import { cleaned } from './foreign-text.ts'
import type { Link } from './link.ts'

/** An error of this package for whatever came of asking a server over a link. */
export function explained(server: string, error: unknown, link: Pick<Link, 'redacted'>): Error {
  if (error instanceof RetinueError) return error
  const { code, message } = error as Error & { readonly code?: string }
  const reason = link.redacted(reasonOf(error))
  const fail = (as: McpErrorCode, what: string): RetinueError =>
    failure(as, `The server '${server}' ${what}.`, 'It may have been done: look before you ask again.')
  if (code === 'REQUEST_TIMEOUT') return fail('RETINUE_MCP_TIMEOUT', 'did not answer in time')
  // No error of its own: the tool has run.
  if (code === 'INVALID_RESULT')
    return fail('RETINUE_MCP_FAILED', `did not answer in the right form (${cleaned(reason, 300)})`)
  if (goneBy.test(`${code} ${message}`))
    return fail('RETINUE_MCP_DOWN', `was lost before it answered (${reason})`)
  return said(server, reason)
}

/** The error of a server that answered with one. */
export function said(server: string, text: string): RetinueError {
  return failure(
    'RETINUE_MCP_FAILED',
    `The server '${server}' answered with an error: ${cleaned(text, 4000)}`,
  )
}

/** What an answer over HTTP that breaks off is taken for. */
export const brokenOff = { code: -32_000, message: 'Connection closed' }

const goneBy =
  /^(?:CONNECTION_CLOSED|NOT_CONNECTED|SEND_FAILED|-32000 Connection closed$|undefined (?:Not connected|fetch failed|terminated))/
