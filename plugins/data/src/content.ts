// Files as what they are: which kind, and their bytes, from a descriptor that the main thread holds open. No path is
// opened here, so what is read is what the fence let through.
import { fstatSync, readSync } from 'node:fs'
import { Problem } from './problem.ts'
import type { DataFile, OpenFile } from './request.ts'

/** The kinds of files that can be looked into. */
export type FileKind = 'sqlite' | 'parquet' | 'json' | 'csv'

/**
 * Finds out of which kind a file is: by how it begins, and a text by its name or its first character.
 * @throws {RETINUE_DATA_FORMAT} when it is of none, {RETINUE_DATA_DAMAGED} when it is not of the kind that it is named for.
 */
export function kindOf(file: DataFile): FileKind {
  const head = Buffer.from(bytesOf(file, 0, Math.min(file.size, 4096)))
  const known = beginnings.find(([beginning]) => head.toString('latin1', 0, 16).startsWith(beginning))
  if (known?.[1] === 'sqlite' || known?.[1] === 'parquet') return known[1]
  const { path } = file
  if (known !== undefined) {
    throw new Problem(
      'RETINUE_DATA_FORMAT',
      `'${path}' is ${known[1]}.`,
      'Ask for it as CSV, JSON, Parquet or SQLite.',
    )
  }
  const extension = /\.[^./]*$/.exec(path)?.[0].toLowerCase() ?? ''
  if (file.size === 0) throw damaged(path, 'is empty')
  if (/^\.(?:db3?|sqlite3?)$/.test(extension))
    throw damaged(path, 'is no SQLite database, or an encrypted one')
  if (extension === '.parquet') throw damaged(path, 'does not begin as Parquet files do')
  if (/^\.(?:json|jsonl|ndjson|geojson)$/.test(extension)) return 'json'
  if (/^\.(?:csv|tsv|tab|txt)$/.test(extension)) return 'csv'
  if (head.includes(0) && markOf(head) === undefined) {
    throw new Problem(
      'RETINUE_DATA_FORMAT',
      `'${path}' is neither text nor of another kind that is known here.`,
      'CSV, JSON, Parquet and SQLite can be looked into.',
    )
  }
  return /^[[{]/.test(head.toString().trimStart()) ? 'json' : 'csv'
}

/** Reads a whole file. */
export function wholeOf(file: OpenFile): Uint8Array<ArrayBuffer> {
  return bytesOf(file, 0, file.size)
}

/**
 * Reads a part of a file.
 * @throws {RETINUE_DATA_BUSY} where it has become shorter.
 */
export function bytesOf({ fd }: OpenFile, from: number, to: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, to - from))
  for (let at = 0; at < bytes.length;) {
    const read = readSync(fd, bytes, at, bytes.length - at, from + at)
    if (read === 0) throw busy()
    at += read
  }
  return bytes
}

/** Makes sure that a file is as it was when it was opened. @throws {RETINUE_DATA_BUSY} */
export function assertUnchanged({ fd, size, mtimeNs }: OpenFile): void {
  const now = fstatSync(fd, { bigint: true })
  if (Number(now.size) !== size || now.mtimeNs !== mtimeNs || now.nlink === 0n) throw busy()
}

/**
 * Reads a file as text: UTF-8, or UTF-16 with its mark.
 * @throws {RETINUE_DATA_DAMAGED} where it is in another encoding.
 */
export function textOf(file: DataFile): string {
  const bytes = wholeOf(file)
  const mark = markOf(bytes)
  try {
    const text = new TextDecoder(mark ?? 'utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return text
  } catch {
    throw mark === undefined
      ? damaged(
          file.path,
          `is no UTF-8 text: line ${flawedLine(bytes)} is in another encoding`,
          'Ask for it saved as UTF-8; it may be in Windows-1252, as older programs save it.',
        )
      : damaged(file.path, `begins as ${mark.toUpperCase()} text and goes on as something else`)
  }
  throw damaged(file.path, 'has NUL characters, so it is no text')
}

/** How files begin, and what they are then. */
const beginnings: readonly (readonly [beginning: string, is: string])[] = [
  ['SQLite format 3\0', 'sqlite'],
  ['PAR1', 'parquet'],
  ['PARE', 'an encrypted Parquet file'],
  ['PK\u0003\u0004', 'an Excel workbook or another ZIP archive'],
  ['\u00D0\u00CF\u0011\u00E0', 'an old Excel workbook or another Office file'],
  ['\u001F\u008B', 'compressed with gzip'],
  ['\u0028\u00B5\u002F\u00FD', 'compressed with Zstandard'],
  ['ARROW1', 'an Arrow file'],
  ['%PDF', 'a PDF'],
]

function markOf(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined
}

/** The number of the first line that is no UTF-8. */
function flawedLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  for (let line = 1, from = 0; ; line++) {
    const end = bytes.indexOf(10, from)
    try {
      decoder.decode(bytes.subarray(from, end < 0 ? undefined : end))
    } catch {
      return line
    }
    from = end + 1
  }
}

function damaged(path: string, what: string, hint = 'Ask for the whole file, as it was written.'): Problem {
  return new Problem('RETINUE_DATA_DAMAGED', `'${path}' ${what}.`, hint)
}

function busy(): Problem {
  return new Problem('RETINUE_DATA_BUSY', 'A file is being written to all the time.', 'Try again later.')
}
