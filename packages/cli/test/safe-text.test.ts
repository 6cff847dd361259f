import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safeJson, safeLine, SafeStream, safeText } from '../src/terminal/safe-text.ts'

const obeyed =
  /(?!\n|\t|\u00AD|\u200C|\u200D|[\uFE00-\uFE0F])[\p{Cc}\p{Cs}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u

/** Texts with much in them that a terminal would obey, whole and in pieces. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001B[2J',
        '\u001B]0;title\u0007',
        '\u009B',
        '\r\n',
        '\r',
        '\u202E',
        '\u200B',
        '\u{E0041}',
        '👩‍💻',
      ),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
    ),
  )
  .map((pieces) => pieces.join(''))

describe('text that is shown in a terminal', () => {
  test('holds nothing that a terminal obeys or hides, whatever comes in', () => {
    fc.assert(fc.property(hostile, (text) => !obeyed.test(safeText(text)) && !obeyed.test(safeLine(text))))
  })

  test('is the same in whatever pieces it comes', () => {
    fc.assert(
      fc.property(hostile, fc.array(fc.nat(40)), (text, cuts) => {
        const stream = new SafeStream()
        let shown = ''
        let at = 0
        for (const cut of cuts) shown += stream.push(text.slice(at, (at += cut)))
        shown += stream.push(text.slice(at)) + stream.end()
        expect(shown).toBe(safeText(text))
      }),
    )
  })

  test('names escapes, bell, bidi overrides and tags, and leaves words and pictures alone', () => {
    expect(safeText('\u001B[31mred\u0007')).toBe('␛[31mred␇')
    expect(safeText('a\u202Eb\u{E0041}c\u200B\uFFF9')).toBe('a<U+202E>b<U+E0041>c<U+200B><U+FFF9>')
    expect(safeText('one\r\ntwo\tthree 👩‍💻 日本語 مرحبا')).toBe('one\ntwo\tthree 👩‍💻 日本語 مرحبا')
    expect(safeLine(' a\n  b\u2028c ')).toBe('a b<U+2028>c')
  })

  test('is escaped in JSON, which stays the same value', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const line = safeJson({ text })
        expect(JSON.parse(line)).toEqual({ text })
        expect(obeyed.test(line)).toBe(false)
      }),
    )
  })
})
