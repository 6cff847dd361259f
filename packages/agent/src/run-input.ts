// What a user says to a run: text, or parts of text and files, by themselves or as a message.
import { type FilePart, type Message, RetinueError, type TextPart, type UserMessage } from '@retinue/kernel'

/** The input of a run. File data is base64 text, or a URL that the model's provider can reach. */
export type RunInput = string | readonly (TextPart | FilePart)[] | UserMessage

/**
 * Gives an input as the message that the history keeps.
 * @throws {RETINUE_INPUT_INVALID} for an empty input, which providers refuse, and for what is no part.
 */
export function userMessage(input: RunInput): Message {
  const { id, parts } = messageOf(input)
  if (!Array.isArray(parts) || !parts.every(isPart)) {
    throw nothingSaid(
      "The input of a run is a text, a list of text and file parts, or a user's message.",
      "A part is { type: 'text', text }, or { type: 'file', mediaType, data } with base64 or a URL as its data, both as text.",
    )
  }
  const said = parts.filter((part) => part.type !== 'text' || part.text.trim() !== '')
  if (said.length > 0) return { role: 'user', ...(id !== undefined && { id }), parts: said }
  throw nothingSaid('The input of a run is empty.')
}

/** What was said last, as an input: what a run is about that goes on. */
export function lastInput(messages: readonly Message[]): RunInput | undefined {
  const message = messages.findLast(
    (each): each is UserMessage => each.role === 'user' && each.summary !== true,
  )
  const [part, more] = message?.parts ?? []
  return part?.type === 'text' && more === undefined ? part.text : message?.parts
}

function messageOf(input: RunInput): Pick<UserMessage, 'id' | 'parts'> {
  if (typeof input === 'string') return { parts: [{ type: 'text', text: input }] }
  return (input as Partial<UserMessage> | null)?.role === 'user'
    ? (input as UserMessage)
    : { parts: input as readonly TextPart[] }
}

function isPart(part: unknown): part is TextPart | FilePart {
  const { type, text, data, mediaType } = (part ?? {}) as Readonly<Record<string, unknown>>
  if (type === 'text') return typeof text === 'string'
  return type === 'file' && typeof data === 'string' && fileData.test(data) && typeof mediaType === 'string'
}

// A path of a file is neither base64 nor a URL, and a provider would refuse each turn that comes after it.
const fileData = /^(?:[\w+/=\s-]*|[a-z][a-z\d+.-]+:.*)$/is

/** The error of a run that has nothing to answer. */
export function nothingSaid(what: string, hint = 'Give run() a text, or a part with content.'): RetinueError {
  return new RetinueError('RETINUE_INPUT_INVALID', what, { hint })
}
