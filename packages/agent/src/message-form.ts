// The provider's form of a message. Text, tool calls and results have the same form in versions 2, 3 and 4 of the
// interface and in the history, so that most parts are shared with it, frozen as they are; only files differ, and
// results that are too long. Their lists are new: the runtime writes a frozen list as JSON at half the speed.
// Whatever a provider attached to a part (`providerMetadata`) goes back to it as `providerOptions`.
import type {
  LanguageModelV2Message,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
} from '@ai-sdk/provider'
import type {
  FilePart,
  Message,
  ProviderPart,
  ToolCallPart,
  ToolOutput,
  ToolResultPart,
} from '@retinue/kernel'
import { answerParts } from './answer-form.ts'
import { questionType } from './provider-approval.ts'
import { hasQuirk } from './quirk.ts'
import { shownResult } from './result-page.ts'

/** A message as a provider takes it. */
export type MessageForm = LanguageModelV4Message | LanguageModelV2Message

/** What the form of a message depends on. */
export interface FormStyle {
  /** Whom it is for, as `provider/model`. */
  readonly model: string
  /** Files differ: version 4 wants tagged data, 2 and 3 text or a URL; each has its own in results. */
  readonly version: 'v2' | 'v3' | 'v4'
  /** Results are cut at so many characters. */
  readonly maxResultChars: number
}

type Part = Message['parts'][number]

/** Gives a message's form; `undefined` where nothing is left to send. */
export function messageForm(message: Message, style: FormStyle): MessageForm | undefined {
  const parts: readonly Part[] =
    message.role === 'assistant' ? answerParts(message, style.model) : message.parts
  const content: { readonly type?: string }[] = []
  // Providers refuse a thought that nothing came of: where the model reached its limit while it thought.
  let end = 0
  for (const part of parts) {
    if (!isSent(part, style)) continue
    const sent = wellFormed(part)
    const form = partForm(sent, style)
    content.push('toolCallId' in sent ? withPlainNames(form, sent, style) : form)
    if (part.type !== 'reasoning') end = content.length
  }
  content.length = end
  const isFilesAlone = message.role === 'user' && content.every(({ type }) => type === 'file')
  if (isFilesAlone && hasQuirk(style.model, 'wantsWords'))
    content.push({ type: 'text', text: '[A file.]' } as object)
  return end === 0 ? undefined : ({ role: message.role, content } as MessageForm)
}

/**
 * Whether a part is sent. Each provider reads parts of another's own in its way, and may refuse all of a request for
 * one. A question of the provider's is none of what it is sent: its answer is. Texts that say nothing are refused.
 */
function isSent(part: Part, { model }: FormStyle): boolean {
  if (part.type === 'provider')
    return model.startsWith(`${part.provider}/`) && part.content.type !== questionType
  return part.type !== 'text' || part.providerMetadata !== undefined || !isBlank(part.text)
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

/**
 * A part whose texts and keys hold no half of a character, as one has that was cut in the middle of one: a server can't
 * read a request that does, and the conversation would end there for good. JSON escapes halves, and no whole character.
 */
function wellFormed(part: Part): Part {
  if (isWellFormed(part)) return part
  const text = JSON.stringify(part).replace(/\\(?:ud...|.)/g, (escape) =>
    escape.length > 2 ? '\ufffd' : escape,
  )
  return JSON.parse(text) as Part
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  // Not with `every`: V8 takes its slow way through a list that is frozen, and this looks at each part that is sent.
  if (typeof value !== 'object') return true
  for (const key in value) if (!key.isWellFormed() || !isWellFormed(value[key as never])) return false
  return true
}

function partForm(part: Part, style: FormStyle): object {
  if (part.providerMetadata === undefined) return bareForm(part, style)
  const { providerMetadata: providerOptions, ...form } = part
  return { ...bareForm(form, style), providerOptions }
}

/**
 * The form of a call, or of its result, under an id and a name that the server takes. Models make up names of tools, and
 * servers give ids such as `functions.look:0`: another one refuses all of a request for one of them.
 */
function withPlainNames(form: object, { toolCallId, toolName }: Called, { model }: FormStyle): object {
  const id = idFor(model, toolCallId)
  const name = plain(toolName) || '_'
  return id === toolCallId && name === toolName ? form : { ...form, toolCallId: id, toolName: name }
}

type Called = ToolCallPart | ToolResultPart

function idFor(model: string, id: string): string {
  const isTaken = hasQuirk(model, 'wantsPlainNames')
    ? plain(id) === id
    : !hasQuirk(model, 'wantsShortIds') || /^[a-z\d]{9}$/i.test(id)
  return isTaken ? id : nineDigits(id)
}

function plain(name: string): string {
  return name.replace(/[^\w-]/g, '_')
}

/** A text as a number, modulo the greatest prime below 2 ** 45: times 131, that is still exact. */
function nineDigits(text: string): string {
  let sum = 0
  for (const character of text) sum = (sum * 131 + character.codePointAt(0)!) % 35_184_372_088_777
  return sum.toString(36).padStart(9, '0')
}

/** The form of a part without what its provider attached. */
function bareForm(part: Part, style: FormStyle): object {
  if (part.type === 'file') return fileForm(part, style.version)
  if (part.type === 'provider') return ownForm(part.content)
  if (part.type !== 'tool-result') return part
  const shown = shownResult(part, style.maxResultChars)
  const output = outputForm(shown.output, style)
  return output === part.output ? part : { ...shown, output }
}

/** Content of a provider's own, as requests hold it; a file that it made while it reasoned has tagged data there. */
function ownForm(content: ProviderPart['content']): object {
  return content.type === 'reasoning-file'
    ? { ...content, data: taggedData(content['data'] as string) }
    : content
}

function fileForm({ mediaType, data, filename }: FilePart, version: FormStyle['version']): object {
  return {
    type: 'file',
    mediaType,
    data: version === 'v4' ? taggedData(data) : plainData(data),
    ...(filename !== undefined && { filename }),
  }
}

/** An output as it may be sent: some providers refuse texts of it that say nothing. */
function outputForm(output: ToolOutput, style: FormStyle): object {
  const { type, value } = output
  if (type !== 'content')
    return typeof value === 'string' && isBlank(value) ? { type, value: nothing } : output
  const said = value.filter((part) => part.type === 'file' || !isBlank(part.text))
  const parts = said.map((part) => (part.type === 'text' ? part : resultFileForm(part, style)))
  return { type, value: parts.length > 0 ? parts : [{ type: 'text', text: nothing }] }
}

const nothing = '[The result is empty.]'

/** A file in a result: each version of the interface has a form of its own. */
function resultFileForm(file: FilePart, { model, version }: FormStyle): object {
  const { mediaType, filename } = file
  if (hasQuirk(model, 'hasTextResults')) return { type: 'text', text: `[A file, ${mediaType}, not shown.]` }
  if (version === 'v4') return fileForm(file, version)
  const data = plainData(file.data)
  if (version === 'v2') {
    // Version 2 knows no addresses here: the model is told it instead.
    return data instanceof URL ? { type: 'text', text: data.href } : { type: 'media', mediaType, data }
  }
  // Version 3 has forms of their own for images, and its providers drop an image that comes as a file.
  const kind = mediaType.startsWith('image/') ? 'image' : 'file'
  if (data instanceof URL) return { type: `${kind}-url`, url: data.href }
  return {
    type: `${kind}-data`,
    mediaType,
    data,
    ...(kind === 'file' && filename !== undefined && { filename }),
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
