// What a failure says, in words for people and models. Runtimes and providers put what matters into a code or a cause
// ("fetch failed", "Failed to process successful response"), and leave some messages empty.

/** Gives the text of anything that was thrown, and of what caused it. */
export function reasonOf(thrown: unknown, depth = 0): string {
  const { message, code, cause, name } = (thrown ?? {}) as Record<
    'message' | 'code' | 'cause' | 'name',
    unknown
  >
  if (typeof thrown === 'string') return thrown
  if (!(thrown instanceof Error))
    return typeof message === 'string' && message !== '' ? message : textOf(thrown)
  const own = thrown.message || (typeof code === 'string' ? code : '')
  const deeper = cause === undefined || depth === 3 ? unreadBody(thrown) : reasonOf(cause, depth + 1)
  if (own === '' || own.includes(deeper)) return own || deeper || String(name)
  return `${own}: ${deeper}`
}

/** What a server sent that words its errors in its own way: its provider knows the status alone. */
function unreadBody(error: Error): string {
  const { data, responseBody } = error as Error & Record<'data' | 'responseBody', unknown>
  if (data !== undefined || typeof responseBody !== 'string') return ''
  return responseBody.slice(0, 300).replaceAll(/\s+/g, ' ').trim()
}

function textOf(thrown: unknown): string {
  try {
    return JSON.stringify(thrown) ?? String(thrown)
  } catch {
    return String(thrown)
  }
}
