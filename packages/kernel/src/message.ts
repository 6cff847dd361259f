// Messages: the conversation as JSON, in the shape that the field's providers share. System text is not among them:
// that is the prompt's. A message is checked and frozen as it comes in, and never changed afterwards.
import { RetinueError } from './errors.ts'
import { compileSchema, Type, type CompiledSchema, type TSchema } from './schema.ts'
import { takeOverOnce, thaw, type Json } from './value.ts'

/** What a provider sent along and wants back. */
export type ProviderMetadata = Readonly<Record<string, Readonly<Record<string, Json>>>>

interface Part {
  readonly providerMetadata?: ProviderMetadata
}

export interface TextPart extends Part {
  readonly type: 'text'
  readonly text: string
}

export interface ReasoningPart extends Part {
  readonly type: 'reasoning'
  readonly text: string
}

export interface FilePart extends Part {
  readonly type: 'file'
  readonly mediaType: string
  /** Base64, or a URL. */
  readonly data: string
  readonly filename?: string
}

export interface ToolCallPart extends Part {
  readonly type: 'tool-call'
  readonly toolCallId: string
  readonly toolName: string
  readonly input: Json
}

export interface ToolResultPart extends Part {
  readonly type: 'tool-result'
  readonly toolCallId: string
  readonly toolName: string
  readonly output: ToolOutput
}

/**
 * A part of an answer that only its provider understands: a call of a tool that it ran itself, what came of it, or
 * content in a form of its own. It goes back to that provider alone.
 */
export interface ProviderPart extends Part {
  readonly type: 'provider'
  /** Who made it, as its model says: `openai.responses`. */
  readonly provider: string
  /** The part, as requests hold it. */
  readonly content: { readonly type: string; readonly [key: string]: Json }
}

/** What a tool gave back: text, JSON, or an error of either form; or parts of text and files. */
export type ToolOutput =
  | { readonly type: 'text' | 'error-text'; readonly value: string }
  | { readonly type: 'json' | 'error-json'; readonly value: Json }
  | { readonly type: 'content'; readonly value: readonly (TextPart | FilePart)[] }

interface Said {
  readonly id?: string
}

export interface UserMessage extends Said {
  readonly role: 'user'
  readonly parts: readonly (TextPart | FilePart)[]
  /** Whether it sums up all messages before it; models are shown the last such message and what follows it. */
  readonly summary?: boolean
}

export interface AssistantMessage extends Said {
  readonly role: 'assistant'
  readonly parts: readonly (TextPart | ReasoningPart | FilePart | ToolCallPart | ProviderPart)[]
  /** Whether it was cut short: by an abort, or by a stream that broke. */
  readonly partial?: boolean
}

export interface ToolMessage extends Said {
  readonly role: 'tool'
  readonly parts: readonly ToolResultPart[]
}

/** One message of a conversation. */
export type Message = UserMessage | AssistantMessage | ToolMessage

/**
 * Checks a message and takes it over.
 * @throws {RETINUE_VALUE_INVALID}
 */
export function takeMessage(message: Message): Message {
  const problem = messageProblem(message)
  if (problem === undefined) return takeOverOnce(message)
  throw new RetinueError('RETINUE_VALUE_INVALID', `That is no message: ${problem}.`, {
    hint: "A message is { role: 'user' | 'assistant' | 'tool', parts: [{ type: 'text', text: '…' }] }.",
  })
}

/** Tells whether something has the form of a message. */
export function isMessage(message: unknown): message is Message {
  messageCheck ??= compileSchema(messageSchema)
  return messageCheck.check(message)
}

/** A message as it is handed out to be written: its arrays are not frozen, but for those in what a provider sent along. */
export function plainMessage(message: Message): Message {
  const parts: Message['parts'][number][] = [...message.parts]
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    const held =
      part.type === 'tool-call'
        ? part.input
        : part.type === 'tool-result'
          ? part.output.value
          : part.type === 'provider'
            ? part.content
            : null
    if (typeof held === 'object' && held !== null && thaw(held) !== held) parts[i] = thaw(part)
  }
  return { ...message, parts } as Message
}

/** Says what keeps something from being a message; `undefined` where nothing does. */
export function messageProblem(message: unknown): string | undefined {
  if (isMessage(message)) return undefined
  const { role } = (message ?? {}) as { role?: unknown }
  if (typeof role !== 'string' || !Object.hasOwn(schemas, role))
    return `its role is ${JSON.stringify(role) ?? 'missing'}`
  const problems = compileSchema(schemas[role]!).errors(message)
  return problems.map(({ path, message: text }) => `${path} ${text}`.trim()).join('; ')
}

const part = (type: string, fields: Record<string, TSchema>): TSchema =>
  Type.Object({
    type: Type.Literal(type),
    ...fields,
    providerMetadata: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), Type.Any()))),
  })

const text = part('text', { text: Type.String() })
const file = part('file', {
  mediaType: Type.String(),
  data: Type.String(),
  filename: Type.Optional(Type.String()),
})
const call = { toolCallId: Type.String(), toolName: Type.String() }
const output = Type.Union([
  Type.Object({ type: Type.Enum(['text', 'error-text']), value: Type.String() }),
  Type.Object({ type: Type.Enum(['json', 'error-json']), value: Type.Any() }),
  Type.Object({ type: Type.Literal('content'), value: Type.Array(Type.Union([text, file])) }),
])

const said = (role: string, parts: readonly TSchema[], more: Record<string, TSchema> = {}): TSchema =>
  Type.Object({
    role: Type.Literal(role),
    id: Type.Optional(Type.String()),
    parts: Type.Array(parts.length === 1 ? parts[0]! : Type.Union([...parts])),
    ...more,
  })

const schemas: Readonly<Record<string, TSchema>> = {
  user: said('user', [text, file], { summary: Type.Optional(Type.Boolean()) }),
  assistant: said(
    'assistant',
    [
      text,
      part('reasoning', { text: Type.String() }),
      file,
      part('tool-call', { ...call, input: Type.Any() }),
      part('provider', { provider: Type.String(), content: Type.Object({ type: Type.String() }) }),
    ],
    { partial: Type.Optional(Type.Boolean()) },
  ),
  tool: said('tool', [part('tool-result', { ...call, output })]),
}

const messageSchema: TSchema = Type.Union(Object.values(schemas))
let messageCheck: CompiledSchema | undefined
