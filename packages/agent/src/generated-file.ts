// A file that a model made, as the history keeps it: base64 text or a URL, whatever its provider sent.
import type {
  LanguageModelV2File,
  LanguageModelV3File,
  LanguageModelV4File,
  LanguageModelV4ReasoningFile,
} from '@ai-sdk/provider'
import type { FilePart } from '@retinue/kernel'

/** A file, in any version of the interface. */
type GeneratedFile =
  | LanguageModelV2File
  | LanguageModelV3File
  | LanguageModelV4File
  | LanguageModelV4ReasoningFile

/** Gives a generated file as a part of a message. */
export function generatedFile({ mediaType, data }: GeneratedFile): FilePart {
  return { type: 'file', mediaType, data: textOf(data) }
}

function textOf(data: GeneratedFile['data']): string {
  if (typeof data === 'string') return data
  if (!(data instanceof Uint8Array))
    return data.type === 'url' ? (data.originalUrl ?? data.url.href) : textOf(data.data)
  let binary = ''
  // In pieces: a call takes only so many arguments.
  for (let i = 0; i < data.length; i += 8192) binary += String.fromCharCode(...data.subarray(i, i + 8192))
  return btoa(binary)
}
