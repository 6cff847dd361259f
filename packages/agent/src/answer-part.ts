// What an answer is put together from while it comes: blocks that grow, and parts in one piece; and what of each the
// message of the history holds.
import type { AssistantMessage, FilePart, Message, ProviderPart, ToolCallPart } from '@retinue/kernel'

/** A block of text or reasoning while it grows. */
export interface Block {
  readonly type: 'text' | 'reasoning'
  /** What the provider calls it. */
  readonly key: string
  readonly id: string
  text: string
  metadata: Metadata
}

/** A part that comes in one piece; whose it is, is known when the answer is whole. */
export type WholePart = FilePart | ToolCallPart | Omit<ProviderPart, 'provider'>

/** What a provider attached to a part. */
export type Metadata = Readonly<Record<string, object>> | undefined

/** Providers refuse empty text; reasoning may be empty and yet carry a signature, as does a text of Gemini's. */
export function hasContent(part: Block | WholePart): boolean {
  if (!isBlock(part) || part.text !== '') return true
  const { type, metadata = {} } = part
  if (type === 'reasoning') return part.metadata !== undefined
  return Object.values(metadata).some((own) => 'thoughtSignature' in own)
}

/** A signature, and content in a form of the provider's own, go with an answer, and by themselves are none. */
export function isSaid(part: Block | WholePart): boolean {
  if (isBlock(part)) return part.text !== ''
  return part.type !== 'provider' || part.content.type !== 'custom'
}

/** Whether an answer holds what only the model that made it is sent. */
export function holdsOwn({ parts }: Message): boolean {
  return (parts as AssistantMessage['parts']).some(isOwn)
}

/** Whether a part holds what only the model that made it is sent: what it thought, or what its provider attached. */
export function isOwn({ type, providerMetadata }: AssistantMessage['parts'][number]): boolean {
  return type === 'reasoning' || type === 'provider' || providerMetadata !== undefined
}

function isBlock(part: Block | WholePart): part is Block {
  return part.type === 'text' || part.type === 'reasoning'
}

/** The part of the message. */
export function messagePart(part: Block | WholePart, provider: string): AssistantMessage['parts'][number] {
  if (part.type === 'provider') return { ...part, provider }
  if (!isBlock(part)) return part
  return { type: part.type, text: part.text, ...metadataOf(part.metadata) }
}

/** What a provider attached, as plain JSON of our own: the history freezes what it takes. */
export function metadataOf(metadata: Metadata): { providerMetadata?: Record<string, Record<string, never>> } {
  if (metadata === undefined) return {}
  return { providerMetadata: plain(metadata) }
}

/** JSON of our own. */
export function plain<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value)) as T
}
