import { closeSync, fstatSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { assertUnchanged, bytesOf, kindOf, textOf } from '../src/content.ts'
import type { DataFile } from '../src/request.ts'
import { makeFolder } from './a-folder.ts'

function open(path: string, content: string | Uint8Array): DataFile & { readonly place: string } {
  const place = join(makeFolder({ [path]: content }), path)
  const fd = openSync(place, 'r')
  onTestFinished(() => closeSync(fd))
  const { size, mtimeNs } = fstatSync(fd, { bigint: true })
  return { path, fd, size: Number(size), mtimeNs, mark: '', place }
}

test.each([
  ['a.db', 'SQLite format 3\0…', 'sqlite'],
  ['a.csv', 'SQLite format 3\0…', 'sqlite'],
  ['a.parquet', 'PAR1…', 'parquet'],
  ['a.txt', '{a b', 'csv'],
  ['a.ndjson', '1', 'json'],
  ['a.log', '  [1]', 'json'],
  ['a', 'a,b', 'csv'],
])('%s, which begins with %j, is %s', (path, content, kind) => {
  expect(kindOf(open(path, content))).toBe(kind)
})

test.each([
  ['a.xlsx', 'PK\u0003\u0004', 'FORMAT', "'a.xlsx' is an Excel workbook or another ZIP archive."],
  ['a.csv', gzipSync('a,b'), 'FORMAT', "'a.csv' is compressed with gzip."],
  [
    'a.bin',
    new Uint8Array([1, 0, 2]),
    'FORMAT',
    "'a.bin' is neither text nor of another kind that is known here.",
  ],
  ['a.csv', '', 'DAMAGED', "'a.csv' is empty."],
  ['a.db', 'x', 'DAMAGED', "'a.db' is no SQLite database, or an encrypted one."],
  ['a.parquet', 'x', 'DAMAGED', "'a.parquet' does not begin as Parquet files do."],
])('%s is refused, and it is said what it is', (path, content, code, what) => {
  expect(() => kindOf(open(path, content))).toThrow(
    expect.objectContaining({ code: `RETINUE_DATA_${code}`, message: what }),
  )
})

test('UTF-8 and UTF-16 are read, with or without their marks', () => {
  expect(textOf(open('a.csv', '\uFEFFnäme\n'))).toBe('näme\n')
  expect(textOf(open('a.csv', Buffer.from('\uFEFFnäme\n', 'utf16le')))).toBe('näme\n')
  expect(textOf(open('a.csv', Buffer.from('\uFEFFnäme\n', 'utf16le').swap16()))).toBe('näme\n')
})

test('any other encoding is refused, with the line at which it shows', () => {
  const text = Buffer.concat([Buffer.from('name\nJosé\n'), Buffer.from('José\n', 'latin1')])
  expect(() => textOf(open('a.csv', text))).toThrow(
    "'a.csv' is no UTF-8 text: line 3 is in another encoding.",
  )
  expect(() => textOf(open('a.csv', Buffer.from([0xff, 0xfe, 0, 0xd8, 0x41, 0])))).toThrow(
    "'a.csv' begins as UTF-16LE text and goes on as something else.",
  )
  expect(() => textOf(open('a.csv', 'a\0b'))).toThrow("'a.csv' has NUL characters, so it is no text.")
})

test('a file that changes under the reader is noticed', () => {
  const file = open('a.csv', 'a,b\n')
  assertUnchanged(file)
  writeFileSync(file.place, '')
  const busy = expect.objectContaining({ code: 'RETINUE_DATA_BUSY' })
  expect(() => bytesOf(file, 0, file.size)).toThrow(busy)
  expect(() => assertUnchanged(file)).toThrow(busy)
})
