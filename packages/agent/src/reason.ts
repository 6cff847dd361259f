// What a failure says, in words for people and models. Runtimes and providers put what matters into a code or a cause
// ("fetch failed", "Failed to process successful response"), and leave some messages empty.

/** Gives the text of anything that was thrown, and of what caused it. */
export function reasonOf(thrown: unknown, depth = 0): string {
  const {
    message,
    code,
    cause,
    name,
    data,
    responseBody = '',
  } = (thrown ?? {}) as Record<'message' | 'code' | 'cause' | 'name' | 'data', unknown> & {
    readonly responseBody?: string
  }
  if (typeof thrown === 'string') return thrown
  if (!(thrown instanceof Error))
    return typeof message === 'string' && message !== '' ? message : textOf(thrown)
  const own = thrown.message || (typeof code === 'string' ? code : '')
  // Of a server that words its errors in its own way, a provider knows the status alone: what it sent tells more.
  const body = data === undefined ? responseBody.slice(0, 300) : ''
  const deeper = cause === undefined || depth === 3 ? body : reasonOf(cause, depth + 1)
  if (own === '' || own.includes(deeper)) return own || deeper || String(name)
  return `${own}: ${deeper}`
}

function textOf(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown)
  } catch {
    return String(thrown)
  }
}
