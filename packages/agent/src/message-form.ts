// The provider's form of a message. Text, tool calls and results have the same form in versions 2, 3 and 4 of the
// interface and in the history, so that most messages share their frozen parts with it; only files differ.
// Whatever a provider attached to a part (`providerMetadata`) goes back to it as `providerOptions`.
import type {
  LanguageModelV2Message,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
} from '@ai-sdk/provider'
import type { FilePart, Message } from '@retinue/kernel'

/** A message as a provider takes it. */
export type MessageForm = LanguageModelV4Message | LanguageModelV2Message

/** How a version of the interface wants files: version 4 as tagged data, 2 and 3 as text or a URL. */
export type FileStyle = 'tagged' | 'plain'

type Part = Message['parts'][number]

/** Gives a message's form; `undefined` where nothing is left to send. */
export function messageForm(message: Message, files: FileStyle): MessageForm | undefined {
  const parts = message.role === 'assistant' && message.partial === true ? spoken(message) : message.parts
  if (parts.length === 0) return undefined
  const content = parts.some(differs) ? parts.map((part) => partForm(part, files)) : parts
  return { role: message.role, content } as unknown as MessageForm
}

/**
 * What may be sent of an answer that was cut off. Its provider never stored it, so references to it (ids,
 * signatures) would be refused from now on, and unsigned reasoning would be too.
 */
function spoken(message: Message): readonly Part[] {
  return message.parts
    .filter((part) => part.type !== 'reasoning')
    .map((part) => {
      const { providerMetadata: _, ...rest } = part
      return rest
    })
}

function differs(part: Part): boolean {
  return part.type === 'file' || part.providerMetadata !== undefined
}

function partForm(part: Part, files: FileStyle): object {
  const { providerMetadata, ...rest } = part
  const form = part.type === 'file' ? fileForm(part, files) : rest
  return providerMetadata === undefined ? form : { ...form, providerOptions: providerMetadata }
}

function fileForm({ mediaType, data, filename }: FilePart, files: FileStyle): object {
  return {
    type: 'file',
    mediaType,
    data: files === 'tagged' ? taggedData(data) : plainData(data),
    ...(filename !== undefined && { filename }),
  }
}

function taggedData(data: string): LanguageModelV4FilePart['data'] {
  const plain = plainData(data)
  return typeof plain === 'string' ? { type: 'data', data: plain } : { type: 'url', url: plain }
}

/** A URL where the data is one; base64 text otherwise, and for a `data:` URL what it holds. */
function plainData(data: string): string | URL {
  const inline = /^data:[^,]*;base64,/.exec(data)
  if (inline !== null) return data.slice(inline[0].length)
  return data.includes(':') && URL.canParse(data) ? new URL(data) : data
}
