// A chat over HTTP: sessions are resources, and a turn is a stream of events, a line of JSON each. It takes a Request and
// gives a Response, so it runs wherever Hono does, or as the handlers of a framework that has routes of its own.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pendingApprovals, resume, run, type Run, type RunEvent } from '@retinue/agent'
import {
  type AgentConfig,
  ChatSession,
  compileSchema,
  type Message,
  RetinueError,
  type Static,
  Type,
} from '@retinue/kernel'
import type { StoredSessionManager } from '@retinue/store'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { stream } from 'hono/streaming'

const page = readFileSync(join(import.meta.dirname, 'page.html'), 'utf8')

/** What a turn begins with: something said, or answers to what the last one asked. */
const turnBody = Type.Union([
  Type.Object({ text: Type.String({ minLength: 1, maxLength: 10_000 }) }),
  Type.Object({ answers: Type.Record(Type.String(), Type.Boolean()) }),
])

/** Whether the last turn came to its end: it waits for nothing, nobody stopped it, and its process was not killed. */
function isWhole(session: ChatSession): boolean {
  const last = session.messages.at(-1)
  if (last === undefined) return true
  if (pendingApprovals(session).length > 0 || last.role !== 'assistant' || last.partial) return false
  return last.parts.at(-1)?.type !== 'tool-call'
}

/** What a page is shown of a message: beside it stands what is for providers, and the definition that a yes is asked for. */
function shown({ role, parts }: Message): object {
  return { role, parts: parts.map((part) => ({ ...part, providerMetadata: undefined })) }
}

/** What a page is told of an event: visitors hear no more than the code of what went wrong inside. */
function told(event: RunEvent): object {
  if (event.type === 'child') return { ...event, event: told(event.event) }
  if (event.type !== 'error') return event
  if (event.code !== 'RETINUE_RUN_ABORTED') console.error(event.error)
  return { type: 'error', code: event.code }
}

/** The routes of the chat; `userOf` says who sends a request, which is for your login to know. */
export function chatServer(
  manager: StoredSessionManager,
  agent: AgentConfig,
  userOf: (request: Request) => string,
): Hono {
  const turns = new Map<string, Run>()
  const app = new Hono()

  /** Whoever knows the id of another person's session gets as much as one who made it up. */
  async function sessionOf(id: string, request: Request): Promise<ChatSession> {
    const { session } = await manager.load(id)
    if (session.user.id !== userOf(request))
      throw new HTTPException(404, { message: 'There is no such session.' })
    session.agent = agent // where code is changed while it runs, a live session is on the one before
    return session
  }

  app.get('/', (c) => c.html(page))

  app.post('/sessions', async (c) => {
    const session = new ChatSession({ user: await manager.user(userOf(c.req.raw)), agent, manager })
    await manager.saved(session)
    return c.json({ id: session.id }, 201)
  })

  app.get('/sessions/:id', async (c) => {
    const session = await sessionOf(c.req.param('id'), c.req.raw)
    return c.json({
      messages: session.messages.items.map(shown),
      approvals: pendingApprovals(session),
      isBusy: turns.has(session.id),
      isWhole: isWhole(session),
    })
  })

  app.post('/sessions/:id/turns', async (c) => {
    const body = (await c.req.json().catch(() => undefined)) as Static<typeof turnBody>
    if (!compileSchema(turnBody).check(body))
      throw new HTTPException(400, {
        message: 'Send { text } or { answers: { toolCallId: true or false } }.',
      })
    const session = await sessionOf(c.req.param('id'), c.req.raw)
    if (turns.has(session.id)) throw new HTTPException(409, { message: 'The turn before is not over.' })
    if ('answers' in body && isWhole(session))
      throw new HTTPException(409, { message: 'Nothing waits for an answer any more.' })
    const turn = 'text' in body ? run(session, body.text) : resume(session, body.answers)
    turns.set(session.id, turn)
    // The turn goes on when the page is closed, and is over when it is saved, whether or not the page has heard all of it.
    const kept = turn.result
      .catch(() => {})
      .then(() => manager.saved(session))
      .finally(() => turns.delete(session.id))
    kept.catch(() => {}) // whoever reads the events hears of it
    c.header('content-type', 'application/x-ndjson')
    c.header('x-accel-buffering', 'no') // nginx would hand it on when it is over
    return stream(
      c,
      async (lines) => {
        for await (const event of turn) {
          if (event.type === 'finish') await kept
          await lines.writeln(JSON.stringify(told(event)))
        }
      },
      () => Promise.resolve(), // what a turn fails with, its events have told
    )
  })

  app.delete('/sessions/:id/turn', async (c) => {
    const session = await sessionOf(c.req.param('id'), c.req.raw)
    turns.get(session.id)?.abort('stopped by the user')
    return c.body(null, 204)
  })

  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ message: error.message }, error.status)
    const code = error instanceof RetinueError ? error.code : undefined
    if (code === 'RETINUE_SESSION_MISSING') return c.json({ message: 'There is no such session.' }, 404)
    console.error(error)
    return c.json({ message: 'Something went wrong.' }, 500)
  })
  return app
}
