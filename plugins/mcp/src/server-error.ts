// What went wrong with a server, in words for a model: whether it is gone, was too slow, or said so itself.
import { RetinueError } from '@retinue/kernel'
import { failure, reasonOf } from './errors.ts'
import { cleaned } from './foreign-text.ts'
import type { Link } from './link.ts'

/** An error of this package for whatever came of asking a server over a link. */
export function explained(server: string, error: unknown, link: Pick<Link, 'redacted'>): Error {
  if (error instanceof RetinueError) return error
  const { code, message } = error as Error & { readonly code?: string }
  if (code === 'REQUEST_TIMEOUT') {
    return failure('RETINUE_MCP_TIMEOUT', `The server '${server}' did not answer in time.`, mayBeDone)
  }
  const reason = link.redacted(reasonOf(error))
  if (goneBy.test(`${code} ${message}`)) {
    return failure(
      'RETINUE_MCP_DOWN',
      `The server '${server}' was lost before it answered (${reason}).`,
      mayBeDone,
    )
  }
  return said(server, reason)
}

const mayBeDone = 'It may have done what it was asked: look before you ask again.'

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
  /^(?:(?:CONNECTION_CLOSED|NOT_CONNECTED|SEND_FAILED) |-32000 Connection closed$|undefined (?:Not connected|fetch failed|terminated))/
