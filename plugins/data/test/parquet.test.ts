import { parquetMetadata } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { expect, test } from 'vitest'
import { Database } from '../src/database.ts'
import { parquetTable } from '../src/parquet.ts'

const at = new Date('2024-02-29T12:34:56.789Z')
const file = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'id', data: [900719925474099311n, 2n, 3n], type: 'INT64' },
      { name: 'price', data: [0.5, null, 2], type: 'DOUBLE' },
      { name: 'name', data: ['ann', 'b"o', null], type: 'STRING' },
      { name: 'ok', data: [true, false, null], type: 'BOOLEAN' },
      { name: 'at', data: [at, null, new Date(-1)], type: 'TIMESTAMP' },
      { name: 'tags', data: [{ a: [1] }, null, 'x'], type: 'JSON' },
    ],
    rowGroupSize: 2,
  }),
)

const open = (bytes: Uint8Array<ArrayBuffer> = file, maxBytes = 1e6) =>
  parquetTable('a.parquet', { size: bytes.length, read: (from, to) => bytes.slice(from, to) }, maxBytes)

async function rowsOf(wanted: readonly number[]): Promise<string[]> {
  const rows: string[] = []
  await (await open()).read(wanted, (row) => void rows.push(row))
  return rows
}

test('columns have the types of the file; times are texts that SQLite takes, long numbers exact', async () => {
  const { columns, rows } = await open()
  expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'id integer',
    'price real',
    'name text',
    'ok integer',
    'at text',
    'tags text',
  ])
  expect(rows).toBe(3)
  expect(await rowsOf([0, 1, 2, 3, 4, 5])).toEqual([
    '[900719925474099311,0.5,"ann",true,"2024-02-29 12:34:56.789",{"a":[1]}]',
    '[2,null,"b\\"o",false,null,null]',
    '[3,2,null,null,"1969-12-31 23:59:59.999","x"]',
  ])
})

test('decimals without places are whole numbers, to the last digit', async () => {
  const leaf = { repetition_type: 'OPTIONAL' as const, converted_type: 'DECIMAL' as const }
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 3 },
      { ...leaf, name: 'id', type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, precision: 38, scale: 0 },
      { ...leaf, name: 'short', type: 'INT64', precision: 18 },
      { ...leaf, name: 'price', type: 'INT64', precision: 18, scale: 2 },
    ],
    columnData: [
      { name: 'id', data: [1234567890123456789n, -1n, null] },
      { name: 'short', data: [900719925474099311n, null, 0n] },
      { name: 'price', data: [35n, null, -110n] },
    ],
  })
  const { columns, read } = await open(new Uint8Array(bytes))
  expect(columns.map(({ type }) => type)).toEqual(['integer', 'integer', 'real'])
  const rows: string[] = []
  await read([0, 1, 2], (row) => void rows.push(row))
  expect(rows).toEqual(['[1234567890123456789,900719925474099311,0.35]', '[-1,null,null]', '[null,0,-1.1]'])
})

test('times of day are texts that SQLite takes, too', async () => {
  const leaf = { repetition_type: 'OPTIONAL' as const }
  const bytes = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 3 },
      { ...leaf, name: 'ms', type: 'INT32', converted_type: 'TIME_MILLIS' },
      { ...leaf, name: 'us', type: 'INT64', converted_type: 'TIME_MICROS' },
      {
        ...leaf,
        name: 'ns',
        type: 'INT64',
        logical_type: { type: 'TIME', isAdjustedToUTC: true, unit: 'NANOS' },
      },
    ],
    columnData: [
      { name: 'ms', data: [45_296_789, null] },
      { name: 'us', data: [86_399_999_999n, null] },
      { name: 'ns', data: [1n, null] },
    ],
  })
  const rows: string[] = []
  await (await open(new Uint8Array(bytes))).read([0, 1, 2], (row) => void rows.push(row))
  expect(rows).toEqual(['["12:34:56.789","23:59:59.999999","00:00:00.000000001"]', '[null,null,null]'])
})

test('what is infinite stays so', async () => {
  const data = [Infinity, -Infinity, NaN]
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'x', data, type: 'DOUBLE' }] }))
  const database = await Database.open(100_000_000)
  database.add('t', await open(bytes))
  expect((await database.query('SELECT x FROM t', 9)).rows).toEqual([[Infinity], [-Infinity], [null]])
})

test('only the wanted columns are read; none of them still counts the rows', async () => {
  expect(await rowsOf([2])).toEqual(['["ann"]', '["b\\"o"]', '[null]'])
  expect(await rowsOf([])).toEqual(['[]', '[]', '[]'])
})

test('what is larger than may be loaded is refused, and the way round it named', async () => {
  const table = await open(file, 10)
  await expect(table.read([0], () => {})).rejects.toMatchObject({
    code: 'RETINUE_DATA_TOO_LARGE',
    hint: 'Read fewer columns: name those that you need, instead of *.',
  })
})

test('a file that unpacks to more than it says is stopped where that is more than may be loaded', async () => {
  const columnData = [{ name: 'id', data: ['a'.repeat(50_000), 'b'.repeat(50_000)], type: 'STRING' as const }]
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData }))
  const said = parquetMetadata(bytes.buffer).row_groups[0]!.columns[0]!.meta_data!.total_uncompressed_size
  overwriteNumber(bytes, said, 1n)
  const rows: string[] = []
  await (await open(bytes, 200_000)).read([0], (row) => void rows.push(row))
  expect(rows.map((row) => row.length)).toEqual([50_004, 50_004])
  await expect((await open(bytes, 1000)).read([0], () => {})).rejects.toMatchObject({
    code: 'RETINUE_DATA_TOO_LARGE',
    message:
      "The columns of 'a.parquet' that this reads unpack to more bytes than it says, and 1000 can be loaded.",
  })
})

test('pages in Zstandard are read, and what is more than a page says is not made', async () => {
  const columnData = [{ name: 'id', data: [1n, 2n], type: 'INT64' as const }]
  const written = (more: number): Uint8Array<ArrayBuffer> => {
    const compressors = { ZSTD: (page: Uint8Array) => zstd(page, more) }
    return new Uint8Array(parquetWriteBuffer({ columnData, codec: 'ZSTD', compressors }))
  }
  const rows: string[] = []
  await (await open(written(0))).read([0], (row) => void rows.push(row))
  expect(rows).toEqual(['[1]', '[2]'])
  const before = process.memoryUsage().arrayBuffers
  const table = await open(written(1_000_000_000))
  await Promise.resolve(table.read([0], () => {})).catch(() => {})
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500_000_000)
})

/** A frame of Zstandard with bytes as they are, which says that it has so many more. */
function zstd(bytes: Uint8Array, more: number): Uint8Array {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32LE(bytes.length + more, 5)
  head.writeUIntLE(bytes.length * 8 + 1, 9, 3)
  return Buffer.concat([head, bytes])
}

/** Puts another number in the place of one, wherever Thrift has written it. */
function overwriteNumber(bytes: Uint8Array, from: bigint, to: bigint): void {
  const digits = (number: bigint, length: number) =>
    Array.from(
      { length },
      (_, i) => Number(((number * 2n) >> BigInt(i * 7)) & 127n) | (i < length - 1 ? 128 : 0),
    )
  const length = Math.ceil((from * 2n).toString(2).length / 7)
  const buffer = Buffer.from(bytes.buffer)
  const found = Buffer.from(digits(from, length))
  for (let at = buffer.indexOf(found); at >= 0; at = buffer.indexOf(found, at + 1))
    buffer.set(digits(to, length), at)
}

test('a file that is cut off, wherever it is, is refused', async () => {
  for (let length = 4; length < file.length; length += 7) {
    await expect(open(file.slice(0, length))).rejects.toMatchObject({ code: 'RETINUE_DATA_DAMAGED' })
  }
})

test('a page that is overwritten is refused', async () => {
  const bytes = file.slice()
  bytes.fill(0xff, 4, 40)
  const table = await open(bytes)
  await expect(table.read([0], () => {})).rejects.toMatchObject({ code: 'RETINUE_DATA_DAMAGED' })
})

test('what a file says of itself is refused where it makes no sense, whichever byte of it is another', async () => {
  const columnData = [{ name: 'id', data: [1n, 2n], type: 'INT64' as const }]
  const small = new Uint8Array(parquetWriteBuffer({ columnData }))
  const codes = new Set<unknown>()
  for (let at = 4; at < small.length; at++) {
    for (const byte of [1, 19, 25, 83]) {
      const { rows } = await open(small.with(at, byte)).catch((error: { readonly code?: string }) => {
        codes.add(error.code)
        return { rows: 0 }
      })
      expect(rows).toBeGreaterThanOrEqual(0)
    }
  }
  expect([...codes]).toEqual(['RETINUE_DATA_DAMAGED'])
})
