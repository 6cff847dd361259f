// The words of a text, in any language, as they are looked up: without case, accents or forms of letters. Scripts that
// put no spaces between words are cut into pairs of letters, which needs no dictionary and finds the same on every
// runtime. Each letter of theirs begins a pair, or stands at the end alone: so a single one is found by its beginning.

const words = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*|\p{RI}{2}|\p{Extended_Pictographic}/gu
const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]/u
const runs = new RegExp(`${spaceless.source}\\p{M}*|(?:(?!${spaceless.source}).)+`, 'gu')

/** Gives the words of a text, each as often as it stands there. */
export function wordsOf(text: string): string[] {
  return (folded(text).match(words) ?? []).flatMap(piecesOf)
}

/** Gives the words of a query: of several letters the last is none by itself, or 北京 would find what 京都 is in. */
export function wordsAsked(query: string): string[] {
  const isLast = (word: string, before: string): boolean => before !== word && before.endsWith(word)
  return wordsOf(query).filter((word, i, all) => i === 0 || !isPiece(word) || !isLast(word, all[i - 1]!))
}

/** Tells whether a word is one of the pieces of a script without spaces. */
export function isPiece(word: string): boolean {
  return spaceless.test(word)
}

function piecesOf(word: string): string[] {
  if (!isPiece(word)) return [word]
  const pieces = word.match(runs) ?? []
  return pieces.map((piece, i) => {
    const next = pieces[i + 1]
    return isPiece(piece) && next !== undefined && isPiece(next) ? piece + next : piece
  })
}

/**
 * Compatible forms become one; accents go, and so do the points of Hebrew and Arabic, the stroke that lengthens an
 * Arabic word, and what says how a sign is drawn. The marks with which other scripts write their vowels stay.
 */
function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(optional, '')
    .normalize('NFC')
    .toLowerCase() // of ẞ, too
    .toUpperCase() // in which ß is SS
    .toLowerCase()
}

const optional = /[\u0300-\u036F\u0640\p{Variation_Selector}]|(?=[\u0591-\u06ED])\p{M}/gu
