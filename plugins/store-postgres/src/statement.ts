// A statement as all are asked: with a time after which its connection is lost, so that nobody waits for it without end.
import type { QueryConfig } from 'pg'

/** A connection on which nothing comes back for so long is lost: the network does not say so of a server that vanished. */
const silenceMs = 60_000

/** A statement that is asked of the server. */
export function statement(
  text: string,
  values: readonly unknown[] = [],
): QueryConfig & { readonly query_timeout: number } {
  return { text, values: [...values], query_timeout: silenceMs }
}
