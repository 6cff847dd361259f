// The route that `useChat` talks to. It takes a Request and gives a Response, as the handlers of Next.js, Hono and others
// do. A page sends all the messages that it has; the session knows them, so only the last one counts.
import { resume, run, type Run } from '@retinue/agent'
import {
  type AgentConfig,
  ChatSession,
  compileSchema,
  definePlugin,
  register,
  type Static,
  Type,
} from '@retinue/kernel'
import type { StoredSessionManager } from '@retinue/store'
import { createUIMessageStream, createUIMessageStreamResponse, type UIMessageChunk } from 'ai'
import {
  AnswerMetadata,
  answersIn,
  type HeardAnswer,
  isWhole,
  lastAnswer,
  newAnswer,
  responses,
  resultsIn,
  saidIn,
  sentMessage,
  uiMessages,
} from './ui-messages.ts'
import { uiStream } from './ui-stream.ts'

register(definePlugin({ name: '@example/use-chat', version: '1.0.0', contributes: [AnswerMetadata] }))

const chatBody = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100 }),
  messages: Type.Array(sentMessage, { minItems: 1 }),
})
type ChatBody = Static<typeof chatBody>
const { check } = compileSchema(chatBody)

/** A turn that goes on, whether or not a page listens. */
interface Turn {
  readonly run: Run
  /** What a page has heard of the answer before. */
  readonly before: HeardAnswer
  /** What it hears of it now, from the beginning of the turn. */
  told: ReadableStream<UIMessageChunk>
  readonly over: Promise<void>
}

/** The route of the chat; `userOf` says who sends a request, which is for your login to know. */
export function chatRoute(
  manager: StoredSessionManager,
  agent: AgentConfig,
  userOf: (request: Request) => string,
): (request: Request) => Promise<Response> {
  const turns = new Map<string, Promise<Turn>>()

  /** The chat of that id, if there is one; nobody gets another's. */
  async function find(id: string, request: Request): Promise<ChatSession | undefined> {
    try {
      const { session } = await manager.load(id)
      if (session.user.id === userOf(request)) {
        session.agent = agent // where code is changed while it runs, a live session is on the one before
        return session
      }
    } catch (error) {
      if (codeOf(error) === 'RETINUE_SESSION_MISSING') return undefined
      throw error
    }
    throw new Refused(404, 'There is no such chat.')
  }

  async function begin({ id, messages }: ChatBody, request: Request): Promise<Turn> {
    const message = messages.at(-1)!
    const user = await manager.user(userOf(request))
    const found = await find(id, request)
    if (message.role === 'user') {
      const said = saidIn(message)
      const isEmpty = said.parts.every((part) => part.type === 'text' && part.text.trim() === '')
      if (isEmpty) throw new Refused(400, 'Nothing is said.') // before anything is taken back for it
      const session = found ?? new ChatSession({ id, user, agent, manager })
      // What is said again, with other words or for another answer, is said where it was.
      const place = session.messages.items.findIndex((each) => each.id === message.id)
      const { session: now } = place < 0 ? { session } : await manager.rewind(session, { messages: place })
      return follow(now, run(now, said), newAnswer(message))
    }
    if (found === undefined) throw new Refused(404, 'There is no such chat.')
    if (isWhole(found)) throw new Refused(409, 'That is answered already: open the page again.')
    const results = resultsIn(message, found)
    if (results.length > 0) found.messages.push({ role: 'tool', parts: results })
    const [answers, before] = [answersIn(message), lastAnswer(found)]
    return follow(found, resume(found, answers), [...before, ...responses(answers)])
  }

  function follow(session: ChatSession, turn: Run, before: HeardAnswer): Turn {
    const { promise: over, resolve } = Promise.withResolvers<void>()
    const told = uiStream(turn, before, async (metadata) => {
      try {
        const kept = session.context.$get(AnswerMetadata)
        kept.byId = { ...kept.byId, [before[0].messageId]: metadata }
        await manager.saved(session)
      } finally {
        turns.delete(session.id)
        resolve()
      }
    })
    return { run: turn, before, told, over }
  }

  async function say(request: Request): Promise<Response> {
    // A page of another site may send texts and forms with the person's cookies, but nothing that says it is JSON.
    const isJson = request.headers.get('content-type')?.startsWith('application/json') === true
    const body: unknown = isJson && (await request.json().catch(() => undefined))
    if (!check(body)) throw new Refused(400, 'That is not what useChat sends.')
    const { id } = body as ChatBody
    if (turns.has(id)) throw new Refused(409, 'The answer before is not over.')
    const begun = begin(body as ChatBody, request)
    turns.set(id, begun)
    const turn = await begun.catch((error: unknown) => {
      turns.delete(id)
      throw error
    })
    return createUIMessageStreamResponse({ stream: hear(turn) })
  }

  /** Tells a page that comes back the whole answer, and how it goes on; or stops it. */
  async function comeBack(id: string, request: Request): Promise<Response> {
    const turn = (await find(id, request)) && (await turns.get(id))
    if (turn !== undefined && request.method === 'GET') {
      const stream = createUIMessageStream({
        execute({ writer }) {
          turn.before.forEach(writer.write)
          writer.merge(hear(turn))
        },
      })
      return createUIMessageStreamResponse({ stream })
    }
    turn?.run.abort('stopped by the user')
    await turn?.over
    return new Response(null, { status: 204 })
  }

  async function answer(request: Request): Promise<Response> {
    if (request.method === 'POST') return say(request)
    const { pathname, searchParams } = new URL(request.url)
    const [, followed] = /([^/]+)\/stream$/.exec(pathname) ?? []
    if (followed !== undefined) return comeBack(decodeURIComponent(followed), request)
    const session = await find(searchParams.get('id') ?? '', request)
    return Response.json(session === undefined ? [] : await uiMessages(session))
  }

  return (request) =>
    answer(request).catch((error: unknown) => {
      const isBad = error instanceof URIError || badInput.has(codeOf(error))
      if (!isBad && !(error instanceof Refused)) throw error // for your framework, which logs it
      const { message } = error as Error
      return new Response(message, { status: error instanceof Refused ? error.status : 400 }) // the hook's `error`
    })
}

/** What says that a message can't be said, or that an id can't be one. */
const badInput = new Set<unknown>(['RETINUE_INPUT_INVALID', 'RETINUE_STORE_INVALID'])

/** What is told, from its beginning; the rest stays for whoever comes back. */
function hear(turn: Turn): ReadableStream<UIMessageChunk> {
  const [heard, rest] = turn.told.tee()
  turn.told = rest
  return heard
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
