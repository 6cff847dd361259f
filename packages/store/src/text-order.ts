// The order of ids: by code point, as databases compare UTF-8.

/** Compares two well-formed texts by their code points; JavaScript itself compares halves of them. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const isPairX = x >= 0xd800 && x <= 0xdfff
    const isPairY = y >= 0xd800 && y <= 0xdfff
    return isPairX === isPairY ? x - y : isPairX ? 1 : -1
  }
  return a.length - b.length
}

/** The first text after all that begin with a prefix, for those who write a store; `undefined` where nothing is after them. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!)
  while (points.at(-1) === 0x10ffff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1) // halves of pairs are no characters
}
