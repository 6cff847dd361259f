// The trace that a request belongs to goes with it, in its `_meta`: written and read by the propagators that the application
// has set. They are found where the API of OpenTelemetry keeps what is set, so that nobody else needs it.
// @see https://modelcontextprotocol.io/community/seps/414-request-meta
import type { ContextManager, TextMapPropagator } from '@opentelemetry/api'

/** What is set, by the names that the API has had for it since its first version. */
interface OpenTelemetry {
  readonly context?: ContextManager
  readonly propagation?: TextMapPropagator<Record<string, unknown>>
}

function openTelemetry(): OpenTelemetry {
  return (globalThis as { readonly [key: symbol]: OpenTelemetry })[Symbol.for('opentelemetry.js.api.1')] ?? {}
}

/** What a request says of the trace that it is made in; nothing where nobody has set up OpenTelemetry. */
export function traceContext(): Record<string, unknown> | undefined {
  const { context, propagation } = openTelemetry()
  if (!context || !propagation) return undefined
  const meta: Record<string, unknown> = {}
  propagation.inject(context.active(), meta, { set: (to, key, value) => void (to[key] = value) })
  return meta
}

/** Does what a request asks for in the trace that it tells of. */
export function inTraceOf<T>(meta: Record<string, unknown> = {}, work: () => T): T {
  const { context, propagation } = openTelemetry()
  if (!context || !propagation) return work()
  return context.with(propagation.extract(context.active(), meta, textsOf), work)
}

/** What comes from outside may be anything. */
const textsOf = {
  keys: Object.keys,
  get: (from: Record<string, unknown>, key: string) => {
    const value = from[key]
    return typeof value === 'string' ? value : undefined
  },
}
