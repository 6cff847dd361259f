// Bytes as text, in the encoding that they are in: what their mark says, else the server, else the document itself.
import { isUtf8 } from 'node:buffer'

/** Decodes a document; one whose encoding nobody names is UTF-8 if it can be, and else what browsers take it for. */
export function decode(bytes: Uint8Array, contentType: string): string {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  const label =
    marks.find(([mark]) => head.startsWith(mark))?.[1] ??
    /;\s*charset\s*=\s*["']?([\w:.-]+)/i.exec(contentType)?.[1] ??
    ownLabel(head) ??
    (isUtf8(bytes) ? 'utf-8' : 'windows-1252')
  return decoder(label).decode(bytes)
}

/** What a document says of itself; one that can be read so far is not in the encoding of two bytes a character. */
function ownLabel(head: string): string | undefined {
  const label =
    /<meta[^>]*?charset\s*=\s*["']?([\w:.-]+)/i.exec(head)?.[1] ??
    /^<\?xml[^>]*?encoding\s*=\s*["']([\w:.-]+)/i.exec(head)?.[1]
  return /^utf-?16/i.test(label ?? '') ? undefined : label
}

/** The byte order marks, each byte a character. */
const marks = [
  ['\u00EF\u00BB\u00BF', 'utf-8'],
  ['\u00FF\u00FE', 'utf-16le'],
  ['\u00FE\u00FF', 'utf-16be'],
] as const

function decoder(label: string): TextDecoder {
  try {
    return new TextDecoder(label)
  } catch {
    return new TextDecoder()
  }
}
