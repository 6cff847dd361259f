// What is asked of a thread, and what it answers: all that crosses between the two threads.
import type { DataErrorCode } from './errors.ts'

/** A file that the main thread holds open for a question, and how it was when it was opened. */
export interface OpenFile {
  /** Another one for each question. */
  fd: number
  readonly size: number
  readonly mtimeNs: bigint
  /** Tells apart what else has its size and time: another file in its place, a time that was set back. */
  readonly mark: string
}

/** A file that is asked about. Of a database also what SQLite keeps beside it, since the newest rows may be there. */
export interface DataFile extends OpenFile {
  /** Where it is, below the root: answers name it so. */
  readonly path: string
  readonly wal?: OpenFile | undefined
  readonly journal?: OpenFile | undefined
}

/** How much may be taken in and given back. */
export interface Limits {
  /** The most bytes of a file that are loaded; of Parquet, those of the columns that are read. */
  readonly maxFileBytes: number
  /** The most memory of the database, in bytes. */
  readonly maxMemoryBytes: number
  /** The most rows of an answer. */
  readonly maxRows: number
  /** About how many characters the rows of an answer may have. */
  readonly maxChars: number
}

/** What a thread is to do: run a statement on files, or else say what is in them. All that it gets are on the same files. */
export interface Request {
  readonly files: readonly DataFile[]
  readonly limits: Limits
  readonly sql?: string | undefined
  /** Which table to look at closely. */
  readonly table?: string | undefined
}

/** A table as it is remembered. */
export interface TableNote {
  readonly name: string
  readonly rows: number
  /** The columns with their types: `'id integer, name text'`. */
  readonly columns: string
}

/** What came of it. */
export type Reply =
  | { readonly text: string; readonly tables: readonly TableNote[] }
  | { readonly code: DataErrorCode; readonly what: string; readonly hint: string }
