// What a server gives back, as parts of a tool's result: text as text, images, audio and embedded files as files, links as
// text that says how to follow them. All of it together has an end, and what was left out is told.
import type { CallToolResult, ContentBlock, ReadResourceResult } from '@modelcontextprotocol/client'
import type { FilePart, TextPart } from '@retinue/kernel'
import { cleaned, wholeCharacters } from './foreign-text.ts'
import type { Limits } from './server-options.ts'

/** A part of a result, or of a message. */
export type ResultPart = TextPart | FilePart

/** The parts of a call's result. What is structured is told in words, unless the server has done so itself, without its files. */
export function resultParts(
  { content, structuredContent }: CallToolResult,
  limits: ResultLimits,
): ResultPart[] {
  const parts = content.map(partOf)
  const files = new Set<unknown>(parts.map((part) => (part as FilePart).data || part)) // an empty file is no mark of one
  const text = JSON.stringify(structuredContent, (_key, value: unknown) =>
    files.has(value) ? '[a file]' : value,
  )
  const texts = content.flatMap((part) => (part.type === 'text' ? [asJson(part.text)] : []))
  // Many servers give a text or a list under a name of its own, some the elements of a list one by one.
  const said = [undefined, ...texts, texts[0] && `[${texts.join()}]`]
  const [only, ...others] = Object.values(Object(structuredContent) as object) as unknown[]
  const isTold = said.includes(text) || (others.length === 0 && said.includes(asJson(only)))
  return new Room(limits).keep(isTold ? parts : [...parts, { type: 'text', text }])
}

/** The parts of a resource. */
export function resourceParts(contents: ReadResourceResult['contents'], limits: ResultLimits): ResultPart[] {
  return new Room(limits).keep(contents.map(resourcePart))
}

/** What a content block is as a part. */
export function partOf(block: ContentBlock): ResultPart {
  if (block.type === 'text') return { type: 'text', text: block.text }
  if (block.type === 'image' || block.type === 'audio')
    return { type: 'file', mediaType: mediaTypeOf(block.mimeType), data: block.data }
  if (block.type === 'resource') return resourcePart(block.resource)
  const about = [block.mimeType, block.description].filter(Boolean).join(', ')
  return {
    type: 'text',
    text: `[A resource: ${cleaned(block.name, 200)}, ${cleaned(block.uri, 2000)}${about && ` (${cleaned(about, 500)})`}]`,
  }
}

/** The most parts of a result, however small they are. */
const maxParts = 1000

/** What of a result's size is limited. */
export type ResultLimits = Pick<Limits, 'maxResultChars' | 'maxFileBytes'>

/** The room for parts that belong together: what goes into it takes from what is left. */
export class Room {
  #chars: number
  #bytes: number
  #parts = maxParts

  constructor({ maxResultChars, maxFileBytes }: ResultLimits) {
    this.#chars = maxResultChars
    this.#bytes = maxFileBytes
  }

  /** Whether there is no room for another text. */
  get isFull(): boolean {
    return this.#chars === 0 || this.#parts === 0
  }

  /** Keeps what there is room for; a text says what was left out. Texts that follow each other are one. */
  keep(parts: readonly ResultPart[]): ResultPart[] {
    let cut = 0
    const kept: ResultPart[] = []
    const tell = (text: string): void => {
      const last = kept.at(-1)
      if (last?.type === 'text') kept[kept.length - 1] = { type: 'text', text: `${last.text}\n${text}` }
      else kept.push({ type: 'text', text })
    }
    const taken = parts.slice(0, this.#parts)
    this.#parts -= taken.length
    for (const part of taken) {
      if (part.type === 'text') {
        const text = wholeCharacters(part.text, this.#chars)
        if (text !== '' || part.text === '') tell(text)
        cut += part.text.length - text.length
        this.#chars -= Math.min(part.text.length, this.#chars)
        continue
      }
      const size = Math.floor((part.data.length * 3) / 4)
      if (size <= this.#bytes) kept.push(part)
      else tell(`[A file (${part.mediaType}, ${size} bytes) was left out: it is too large.]`)
      this.#bytes -= Math.min(size, this.#bytes)
    }
    if (cut > 0) tell(`[${cut} more characters were left out.]`)
    if (parts.length > taken.length) tell(`[${parts.length - taken.length} more parts were left out.]`)
    return kept
  }
}

function resourcePart(resource: ReadResourceResult['contents'][number]): ResultPart {
  const { uri, mimeType } = resource
  if ('blob' in resource)
    return {
      type: 'file',
      mediaType: mediaTypeOf(mimeType),
      data: resource.blob,
      filename: cleaned(uri, 500),
    }
  return { type: 'text', text: `[${cleaned(uri, 500)}]\n${resource.text}` }
}

/** A media type as providers take it; what is none is some file. */
function mediaTypeOf(type = ''): string {
  return /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(type) ? type : 'application/octet-stream'
}

/** A value as JSON without blanks between; a text may be that of one. */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(typeof value === 'string' ? JSON.parse(value) : value)
  } catch {
    return JSON.stringify(value)
  }
}
