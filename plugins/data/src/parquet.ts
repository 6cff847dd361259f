// A Parquet file as a table. Its end says which columns there are and where; of a large file only those are read that a
// statement wants. Times become texts that SQLite's functions take, nested values JSON.
import type { AsyncBuffer, Compressors, FileMetaData, SchemaTree } from 'hyparquet'
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet'
import { compressors, decompressZstd } from 'hyparquet-compressors'
import { Problem } from './problem.ts'
import { type ColumnType, distinctNames, maxColumns, type Table } from './table.ts'

/** Where the bytes of a file come from. */
export interface Bytes {
  readonly size: number
  read(from: number, to: number): Uint8Array<ArrayBuffer>
}

/**
 * Reads what a Parquet file says about itself.
 * @throws {RETINUE_DATA_DAMAGED} where it is cut off, or no Parquet.
 */
export async function parquetTable(path: string, bytes: Bytes, maxBytes: number): Promise<Table> {
  const file: AsyncBuffer = {
    byteLength: bytes.size,
    slice: (from, to = bytes.size) => bytes.read(from, to).buffer,
  }
  const metadata = await told(path, () => parquetMetadataAsync(file))
  const fields = await told(path, () => parquetSchema(metadata).children)
  if (fields.length > maxColumns) {
    throw new Problem(
      'RETINUE_DATA_TOO_LARGE',
      `'${path}' has ${fields.length} columns, and ${maxColumns} can be read.`,
      'Ask for a file with fewer columns.',
    )
  }
  const names = await told(path, () => distinctNames(fields.map(({ element }) => element.name)))
  const readable = withWholeNumbers(metadata, fields)
  const rows = await told(path, () => {
    if (metadata.num_rows >= 0n) return Number(metadata.num_rows)
    throw new Error('it does not say how many rows it has')
  })
  return {
    kind: 'Parquet',
    columns: fields.map((field, i) => ({ name: names[i]!, type: typeOf(field) })),
    rows,
    notices: [],
    async read(wanted, put) {
      const columns = wanted.map((i) => fields[i]!.element.name)
      const values = wanted.map((i) => valueOf(fields[i]!))
      assertSize(path, metadata, columns, maxBytes)
      const compressors = unpackers(path, maxBytes)
      let rowStart = 0
      for (const group of metadata.row_groups) {
        const rowEnd = rowStart + Number(group.num_rows)
        if (columns.length === 0) for (let i = rowStart; i < rowEnd; i++) put('[]')
        else {
          const onComplete = (found: unknown[][]): void => {
            for (const row of found) put(written(row.map((value, i) => values[i]!(value))))
          }
          await told(path, () =>
            parquetRead({
              file,
              metadata: readable,
              columns,
              rowStart,
              rowEnd,
              compressors,
              parsers,
              onComplete,
            }),
          )
        }
        rowStart = rowEnd
      }
    },
  }
}

function assertSize(
  path: string,
  { row_groups }: FileMetaData,
  columns: readonly string[],
  max: number,
): void {
  let size = 0
  for (const { columns: chunks } of row_groups) {
    for (const { meta_data } of chunks) {
      if (columns.includes(meta_data?.path_in_schema[0] ?? ''))
        size += Number(meta_data?.total_uncompressed_size ?? 0)
    }
  }
  if (size > max) throw tooLarge(path, `${size} bytes`, max)
}

/** What unpacks pages, up to as many bytes as can be loaded: they may be more than what a file says of itself. */
function unpackers(path: string, max: number): Compressors {
  let left = max
  const known: Compressors = {
    ...compressors,
    ZSTD: (bytes, length) => decompressZstd(bytes, new Uint8Array(length)), // else it makes whatever the bytes ask for
  }
  const bounded = Object.entries(known).map(([codec, unpack]) => {
    const unpackSome: typeof unpack = (bytes, length) => {
      left -= length
      if (left < 0) throw tooLarge(path, 'more bytes than it says', max)
      return unpack(bytes, length)
    }
    return [codec, unpackSome]
  })
  return Object.fromEntries(bounded) as Compressors
}

function tooLarge(path: string, size: string, max: number): Problem {
  return new Problem(
    'RETINUE_DATA_TOO_LARGE',
    `The columns of '${path}' that this reads unpack to ${size}, and ${max} can be loaded.`,
    'Read fewer columns: name those that you need, instead of *.',
  )
}

function typeOf(field: SchemaTree): ColumnType {
  const { element, children } = field
  const { type, converted_type, logical_type, repetition_type } = element
  if (children.length > 0 || repetition_type === 'REPEATED') return 'text'
  if (isWhole(field)) return 'integer'
  if (type === 'FLOAT' || type === 'DOUBLE' || converted_type === 'DECIMAL') return 'real'
  if (logical_type?.type === 'FLOAT16') return 'real'
  const isTime = /^(?:DATE|TIME)/.test(converted_type ?? logical_type?.type ?? '')
  return !isTime && (type === 'BOOLEAN' || type === 'INT32' || type === 'INT64') ? 'integer' : 'text'
}

/** Whether a column is of decimals without places, as many databases export their ids. */
function isWhole({
  element: { type, converted_type, scale, repetition_type },
  children,
}: SchemaTree): boolean {
  const isLeaf = children.length === 0 && repetition_type !== 'REPEATED'
  return isLeaf && converted_type === 'DECIMAL' && !scale && type !== 'BYTE_ARRAY'
}

/** Has those read as they are stored: as decimals they would become floating point, which rounds long ones. */
function withWholeNumbers(metadata: FileMetaData, fields: readonly SchemaTree[]): FileMetaData {
  const whole = new Set(fields.filter(isWhole).map(({ element }) => element))
  const schema = metadata.schema.map((element) => {
    if (!whole.has(element)) return element
    const { converted_type: _type, logical_type: _logical, ...stored } = element
    return stored
  })
  return { ...metadata, schema }
}

/** How times are written: as SQLite does, to the digit that the file has. */
const parsers = {
  dateFromDays: (days: number) => instant(BigInt(days) * 86_400_000_000_000n, 10),
  timestampFromMilliseconds: (millis: bigint) => instant(millis * 1_000_000n, 23),
  timestampFromMicroseconds: (micros: bigint) => instant(micros * 1000n, 26),
  timestampFromNanoseconds: (nanos: bigint) => instant(nanos, 29),
}

/** Writes what is in a column: a time of day as SQLite does, a whole number in digits, anything else as it is. */
function valueOf(field: SchemaTree): (value: unknown) => unknown {
  if (isWhole(field)) return (value) => (value instanceof Uint8Array ? wholeNumber(value) : value)
  const { converted_type, logical_type } = field.element
  const unit =
    logical_type?.type === 'TIME' ? logical_type.unit : /^TIME_(MI.+)$/.exec(converted_type ?? '')?.[1]
  const write = instantIn[unit as keyof typeof instantIn] as ((ticks: bigint) => string) | undefined
  if (write === undefined) return (value) => value
  const isTime = (value: unknown) => typeof value === 'number' || typeof value === 'bigint'
  return (value) => (isTime(value) ? write(BigInt(value)).slice('1970-01-01 '.length) : value)
}

/** The number of which these are the bytes, the sign first. */
function wholeNumber(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex')}`))
}

const instantIn = {
  MILLIS: parsers.timestampFromMilliseconds,
  MICROS: parsers.timestampFromMicroseconds,
  NANOS: parsers.timestampFromNanoseconds,
}

function instant(nanos: bigint, length: number): string {
  const second = 1_000_000_000n
  const fraction = ((nanos % second) + second) % second
  const date = new Date(Number((nanos - fraction) / 1_000_000n))
  if (Number.isNaN(date.getTime())) return `${nanos} ns` // beyond the calendar of JavaScript
  const whole = date.toISOString().replace('T', ' ').slice(0, -5)
  return `${whole}.${String(fraction).padStart(9, '0')}`.slice(0, length - 29 || undefined)
}

/** Writes a value as JSON; `JSON.stringify` knows no bigint. */
function written(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (value === Infinity || value === -Infinity) return value > 0 ? '9e999' : '-9e999' // as SQLite reads it
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('hex')}"`
  if (Array.isArray(value)) return `[${value.map(written).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${written(each)}`)
  return `{${members.join()}}`
}

async function told<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Problem) throw error
    const why = (error as Error).message.replace(/^parquet /, '')
    throw new Problem(
      'RETINUE_DATA_DAMAGED',
      `'${path}' can't be read as Parquet: ${why}.`,
      'It may be cut off, or written in a way that is not known here: ask for it anew, or as CSV.',
    )
  }
}
