// Messages: the conversation as JSON, in the shape that the field's providers share. System text is not among them:
// that is the prompt's. A message is checked and frozen as it comes in, and never changed afterwards.
import { RetinueError } from './errors.ts'
import { isObject, takeOverGrowing, takeOverOnce, thaw, type Json, type Unchecked } from './value.ts'

/** What a provider sent along and wants back: JSON of its own, under its name. */
export type ProviderMetadata = Readonly<Record<string, Readonly<Record<string, Json>>>>

interface Part {
  readonly providerMetadata?: ProviderMetadata
}

/** Text, as it was written. */
export interface TextPart extends Part {
  readonly type: 'text'
  readonly text: string
}

/** What a model thought before it answered. */
export interface ReasoningPart extends Part {
  readonly type: 'reasoning'
  readonly text: string
}

/** A file, such as an image. */
export interface FilePart extends Part {
  readonly type: 'file'
  /** `image/png`, for example. */
  readonly mediaType: string
  /** Base64, or a URL. */
  readonly data: string
  readonly filename?: string
}

/** A model's call of a tool. */
export interface ToolCallPart extends Part {
  readonly type: 'tool-call'
  /** What its result names it by. */
  readonly toolCallId: string
  /** The name under which the tool is published. */
  readonly toolName: string
  /** As the model wrote it, which may be wrong. */
  readonly input: Json
}

/** What came of a call. */
export interface ToolResultPart extends Part {
  readonly type: 'tool-result'
  readonly toolCallId: string
  readonly toolName: string
  readonly output: ToolOutput
}

/**
 * A part of an answer that only its provider understands: a call of a tool that it ran itself, what came of it, or
 * content in a form of its own. It goes back to the model that made it alone.
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

/** What a person said, or an application in their place. */
export interface UserMessage extends Said {
  readonly role: 'user'
  readonly parts: readonly (TextPart | FilePart)[]
  /** Whether it sums up all messages before it; models are shown the last such message and what follows it. */
  readonly summary?: boolean
}

/** What a model answered. */
export interface AssistantMessage extends Said {
  readonly role: 'assistant'
  readonly parts: readonly (TextPart | ReasoningPart | FilePart | ToolCallPart | ProviderPart)[]
  /** Whether it was cut short: by an abort, or by a stream that broke. */
  readonly partial?: boolean
  /** Whose thoughts and notes of its provider it holds, as `provider/model`: others are sent what it says and calls alone. */
  readonly model?: string
}

/** What came of the calls of the answer before it. */
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
  // To a long one, results are added one by one.
  if (problem === undefined)
    return message.parts.length > 8 ? takeOverGrowing(message) : takeOverOnce(message)
  throw new RetinueError('RETINUE_VALUE_INVALID', `That is no message: ${problem}.`, {
    hint: "A message is { role: 'user' | 'assistant' | 'tool', parts: [{ type: 'text', text: '…' }] }.",
  })
}

/** Tells whether something has the form of a message. */
export function isMessage(message: unknown): message is Message {
  return messageProblem(message) === undefined
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

/**
 * Says what keeps something from being a message; `undefined` where nothing does. Written out, since every process that
 * runs a session checks messages, and compiling a schema of them would be a tenth of its way to a first answer.
 */
export function messageProblem(message: unknown): string | undefined {
  const { role, id, parts } = (message ?? {}) as Unchecked
  if (typeof role !== 'string' || !Object.hasOwn(partTypes, role))
    return `its role is ${JSON.stringify(role) ?? 'missing'}`
  if (!isObject(message)) return 'it is an array'
  if (id !== undefined && typeof id !== 'string') return '/id must be a string'
  if (role === 'user' && isNoFlag(message['summary'])) return '/summary must be a boolean'
  if (role === 'assistant' && isNoFlag(message['partial'])) return '/partial must be a boolean'
  return partsProblem(parts, partTypes[role]!, '/parts')
}

const partTypes: Readonly<Record<string, readonly unknown[]>> = {
  user: ['text', 'file'],
  assistant: ['text', 'reasoning', 'file', 'tool-call', 'provider'],
  tool: ['tool-result'],
}

function partsProblem(parts: unknown, types: readonly unknown[], path: string): string | undefined {
  if (!Array.isArray(parts)) return `${path} must be an array`
  for (let i = 0; i < parts.length; i++) {
    const problem = partProblem(parts[i], types)
    if (problem !== undefined) return `${path}/${i}${problem}`
  }
  return undefined
}

function partProblem(part: unknown, types: readonly unknown[]): string | undefined {
  if (!isObject(part)) return ' must be an object'
  if (!types.includes(part['type'])) return `/type must be one of ${types.join(', ')}`
  return metadataProblem(part['providerMetadata']) ?? contentProblem(part)
}

function contentProblem(part: Unchecked): string | undefined {
  switch (part['type']) {
    case 'file':
      return (
        noText(part['mediaType'], '/mediaType') ??
        noText(part['data'], '/data') ??
        (part['filename'] === undefined ? undefined : noText(part['filename'], '/filename'))
      )
    case 'tool-call':
      return callProblem(part) ?? ('input' in part ? undefined : '/input is missing')
    case 'tool-result':
      return callProblem(part) ?? outputProblem(part['output'])
    case 'provider': {
      const { provider, content } = part
      if (!isObject(content)) return '/content must be an object'
      return noText(provider, '/provider') ?? noText(content['type'], '/content/type')
    }
    default:
      return noText(part['text'], '/text')
  }
}

function callProblem({ toolCallId, toolName }: Unchecked): string | undefined {
  return noText(toolCallId, '/toolCallId') ?? noText(toolName, '/toolName')
}

function outputProblem(output: unknown): string | undefined {
  if (!isObject(output)) return '/output must be an object'
  switch (output['type']) {
    case 'text':
    case 'error-text':
      return noText(output['value'], '/output/value')
    case 'json':
    case 'error-json':
      return 'value' in output ? undefined : '/output/value is missing'
    case 'content':
      return partsProblem(output['value'], partTypes['user']!, '/output/value')
    default:
      return '/output/type must be one of text, json, error-text, error-json, content'
  }
}

function metadataProblem(metadata: unknown): string | undefined {
  if (metadata === undefined) return undefined
  const isMetadata = isObject(metadata) && Object.values(metadata).every(isObject)
  return isMetadata ? undefined : '/providerMetadata must be an object of objects'
}

function noText(value: unknown, path: string): string | undefined {
  return typeof value === 'string' ? undefined : `${path} must be a string`
}

function isNoFlag(value: unknown): boolean {
  return value !== undefined && typeof value !== 'boolean'
}
