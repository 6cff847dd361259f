// Reads the lines of an open file in batches, in bounded memory whatever the file: a line without end is cut, a file
// that grows is read up to where it ended when it was opened. What is not UTF-8 text is refused here, for all.
import { explained, failure } from './errors.ts'
import type { Opened } from './opened.ts'
import { quoted, sized } from './wording.ts'

/** How much of a line is kept, in characters; a line of this length has been cut. */
export const maxLineLength = 1_000_000

const batchBytes = 65_536

/**
 * Gives the lines without their ends, in batches, and without a byte order mark.
 * @throws {RETINUE_WORKSPACE_BINARY} where something is met that is no UTF-8 text.
 */
export async function* linesOf(file: Opened, signal?: AbortSignal): AsyncGenerator<string[]> {
  const size = Number(file.stats.size)
  const decode = decoderOf(file)
  const buffer = Buffer.allocUnsafe(Math.min(batchBytes, size))
  let rest = ''
  for (let at = 0; at < size;) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.handle
      .read(buffer, 0, Math.min(buffer.length, size - at), at)
      .catch((error: unknown) => failed(error, file))
    if (bytesRead === 0) break // it shrank
    at += bytesRead
    const lines = decode(buffer.subarray(0, bytesRead)).split('\n')
    lines[0] = rest.length < maxLineLength ? rest + lines[0]! : rest
    rest = lines.pop()!.slice(0, maxLineLength)
    if (lines.length > 0) yield lines.map(withoutEnd)
  }
  rest += decode(new Uint8Array(), { isLast: true })
  if (rest !== '') yield [withoutEnd(rest)]
}

/**
 * Gives a whole text, its byte order mark included.
 * @throws {RETINUE_WORKSPACE_BINARY}
 */
export async function textOf(file: Opened): Promise<string> {
  const bytes = await file.handle.readFile().catch((error: unknown) => failed(error, file))
  return decoderOf(file, { ignoreBOM: true })(bytes, { isLast: true })
}

function failed(error: unknown, file: Opened): never {
  throw explained(error, file.path)
}

/** Makes a decoder that takes bytes piece by piece, and refuses what is no text in the name of the file. */
function decoderOf(file: Opened, { ignoreBOM = false } = {}) {
  const decoder = new TextDecoder('utf-8', { ignoreBOM, fatal: true })
  return (bytes: Uint8Array, { isLast = false } = {}): string => {
    try {
      if (!bytes.includes(0)) return decoder.decode(bytes, { stream: !isLast })
    } catch {
      // the same answer as for a NUL
    }
    throw failure(
      'RETINUE_WORKSPACE_BINARY',
      `${quoted(file.path)} is no UTF-8 text (${sized(Number(file.stats.size))}).`,
      'These tools work on text only: leave it, or ask for a tool of its format.',
    )
  }
}

function withoutEnd(line: string): string {
  const cut = line.slice(0, maxLineLength)
  return cut.endsWith('\r') ? cut.slice(0, -1) : cut
}
