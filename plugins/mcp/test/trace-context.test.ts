import { context, propagation, ROOT_CONTEXT, type TextMapPropagator, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { approve } from '../src/index.ts'
import { defineTool, Type } from '@retinue/kernel'
import { callTool, testSession } from '@retinue/testing'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { toolServer } from '../src/tool-server.ts'
import { inTraceOf, traceContext } from '../src/trace-context.ts'
import { connected, serveDesk, serveHandler } from './connected.ts'
import { makeDesk, text, tool } from './servers/desk.ts'

/** As that of W3C's trace context, and one that takes texts for granted, as that of W3C's baggage does. */
const propagator: TextMapPropagator = {
  inject(from, carrier, { set }) {
    const span = trace.getSpanContext(from)
    if (span) set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-01`)
  },
  extract(into, carrier, { get }) {
    const [, traceId, spanId] = (get(carrier, 'traceparent') as string | undefined)?.split('-') ?? []
    return traceId && spanId ? trace.setSpanContext(into, { traceId, spanId, traceFlags: 1 }) : into
  },
  fields: () => ['traceparent'],
}
const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
const traceparent = `00-${span.traceId}-${span.spanId}-01`

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(propagator)
  onTestFinished(() => [context, propagation].forEach((api) => api.disable()))
})

const inSpan = <T>(work: () => T): T => context.with(trace.setSpanContext(ROOT_CONTEXT, span), work)

test('a call tells the server of the trace that it is made in, and of none where there is none', async () => {
  const desk = makeDesk({ tools: [tool('told')] })
  desk.answers['told'] = (_input, { mcpReq }) => text(String(mcpReq._meta?.['traceparent']))
  const { url } = await serveDesk(desk)
  const { session } = await connected({ url })
  expect(await inSpan(() => callTool(session, 'mcp_desk_told'))).toBe(traceparent)
  expect(await callTool(session, 'mcp_desk_told')).toBe('undefined')
  propagation.disable()
  expect(traceContext()).toBeUndefined()
  expect(await inSpan(() => callTool(session, 'mcp_desk_told'))).toBe('undefined')
})

test('a call that is served is made in the trace that it tells of, whatever it tells', async () => {
  const where = defineTool({
    description: 'Tells its trace.',
    input: Type.Object({}),
    execute: () => trace.getSpanContext(context.active())?.traceId ?? 'none',
  })
  const { session } = testSession({ tools: { where } })
  const handler = createMcpHandler(toolServer(session))
  const { url } = await serveHandler(handler)
  const near = await connected({ url })
  approve(near.agent, ...near.server.tools)
  const { name } = near.server.tools[0]!
  expect(await inSpan(() => callTool(near.session, name))).toBe(span.traceId)
  expect(await callTool(near.session, name)).toBe('none')
  expect(inTraceOf({ traceparent: 5 }, () => 'done')).toBe('done')
})
