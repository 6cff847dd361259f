// The route that `useChat` talks to. It takes a Request and gives a Response, as the handlers of Next.js, Hono and others
// do. A page sends all the messages that it has; the session knows them, so only the last one counts.
import { resume, run, type Run } from '@retinue/agent'
import { type AgentConfig, ChatSession, compileSchema, type Static, Type } from '@retinue/kernel'
import type { StoredSessionManager } from '@retinue/store'
import { createUIMessageStreamResponse, type UIMessage } from 'ai'
import { answersIn, saidIn, sentMessage, uiMessages } from './ui-messages.ts'
import { uiStream } from './ui-stream.ts'

const chatBody = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100 }),
  messages: Type.Array(sentMessage, { minItems: 1 }),
})
const { check } = compileSchema(chatBody)

/** A turn that has begun. */
interface Begun {
  readonly session: ChatSession
  readonly turn: Run
}

/** The route of the chat; `userOf` says who sends a request, which is for your login to know. */
export function chatRoute(
  manager: StoredSessionManager,
  agent: AgentConfig,
  userOf: (request: Request) => string,
): (request: Request) => Promise<Response> {
  const lines = new Map<string, Promise<unknown>>()

  /** The chat of that id, if there is one; nobody gets another's. */
  async function find(id: string, userId: string): Promise<ChatSession | undefined> {
    try {
      const { session } = await manager.load(id)
      if (session.user.id === userId) return session
    } catch (error) {
      if (codeOf(error) === 'RETINUE_SESSION_MISSING') return undefined
      throw error
    }
    throw new Refused(404, 'There is no such chat.')
  }

  async function begin({ id, messages }: Static<typeof chatBody>, request: Request): Promise<Begun> {
    const message = messages.at(-1)!
    const { signal } = request // the page's stop() ends the request, and with it the turn
    const user = await manager.user(userOf(request))
    let session = (await find(id, user.id)) ?? new ChatSession({ id, user, agent, manager })
    if (message.role === 'assistant')
      return { session, turn: resume(session, answersIn(message), { signal }) }
    // What is said again, with other words or for another answer, is said where it was.
    const place = session.messages.items.findIndex((each) => each.id === message.id)
    if (place >= 0) ({ session } = await manager.rewind(session, { messages: place }))
    return { session, turn: run(session, saidIn(message), { signal }) }
  }

  async function answer(request: Request): Promise<Response> {
    if (request.method === 'GET') {
      const id = new URL(request.url).searchParams.get('id') ?? ''
      const session = await find(id, userOf(request))
      return Response.json(session === undefined ? [] : uiMessages(session))
    }
    const body: unknown = await request.json().catch(() => undefined)
    if (!check(body)) throw new Refused(400, 'That is not what useChat sends.')
    const { id, messages } = body as Static<typeof chatBody>
    // One turn after the other: one that was stopped may still be ending.
    const begun = (lines.get(id) ?? Promise.resolve()).then(() => begin({ id, messages }, request))
    const over = begun.then(({ turn }) => turn.result).catch(() => undefined)
    lines.set(id, over)
    void over.then(() => lines.get(id) === over && lines.delete(id))
    const { session, turn } = await begun
    const stream = uiStream(turn, messages as UIMessage[], () => manager.saved(session))
    return createUIMessageStreamResponse({ stream })
  }

  return (request) =>
    answer(request).catch((error: unknown) => {
      const isEmpty = codeOf(error) === 'RETINUE_INPUT_INVALID'
      if (!isEmpty && !(error instanceof Refused)) throw error // for your framework, which logs it
      const { message } = error as Error
      return Response.json({ message }, { status: error instanceof Refused ? error.status : 400 })
    })
}

/** A request that is answered with a status. */
class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}
