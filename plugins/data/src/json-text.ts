// The parts of a JSON text as they are written. `JSON.parse` would round long numbers, such as the ids of many services;
// cut out as text, those of up to 64 bits reach the database to the last digit.

/**
 * Gives the elements of an array, or the members of an object, each as it is written.
 * @throws {SyntaxError} where the text ends too early or wrongly, or goes on behind its end.
 *
 * @example
 * [...partsOf('[1, {"a": [2]}]')] // ['1', '{"a": [2]}']
 */
export function* partsOf(text: string): Generator<string> {
  let start = text.search(/[[{]/) + 1
  let depth = 1
  let at = start
  const special = /["[\]{},]/g
  while (depth > 0) {
    special.lastIndex = at
    const found = special.exec(text)
    if (found === null) throw new SyntaxError('it ends in the middle')
    at = found.index + 1
    const [sign] = found
    if (sign === '"') at = endOfString(text, at)
    else if (sign === '[' || sign === '{') depth++
    else if (sign === ',' ? depth === 1 : --depth === 0) {
      const part = text.slice(start, found.index).trim()
      if (part !== '' || sign === ',') yield part
      start = at
    }
  }
  if ((text[at - 1] === ']') !== (text[text.search(/[[{]/)] === '['))
    throw new SyntaxError('it begins with one bracket and ends with another')
  if (text.slice(at).trim() !== '') throw new SyntaxError('it goes on behind its end')
}

function endOfString(text: string, from: number): number {
  for (let at = from; ; at++) {
    at = text.indexOf('"', at)
    if (at < 0) throw new SyntaxError('it ends within a text')
    let escapes = 0
    while (text[at - 1 - escapes] === '\\') escapes++
    if (escapes % 2 === 0) return at + 1
  }
}
