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
export function generatedFile(file: GeneratedFile): FilePart {
  const { mediaType, data } = file
  if (typeof data === 'string' || data instanceof Uint8Array)
    return { type: 'file', mediaType, data: base64(data) }
  const text = data.type === 'url' ? (data.originalUrl ?? data.url.href) : base64(data.data)
  return { type: 'file', mediaType, data: text }
}

function base64(data: string | Uint8Array): string {
  if (typeof data === 'string') return data
  let binary = ''
  // In pieces: a call takes only so many arguments.
  for (let i = 0; i < data.length; i += 8192) binary += String.fromCharCode(...data.subarray(i, i + 8192))
  return btoa(binary)
}
