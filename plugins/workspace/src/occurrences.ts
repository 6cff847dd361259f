// Finds where a text stands in another (Knuth, Morris, Pratt). `indexOf` and regular expressions are faster as a rule,
// but a model that means harm makes them compare each character of a long passage at each place: for minutes.

/** Gives each index at which `wanted` begins in `text`, overlapping ones too, in time that grows with their lengths. */
export function* occurrences(text: string, wanted: string): Generator<number> {
  const borders = bordersOf(wanted)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    while (length > 0 && text.charCodeAt(i) !== wanted.charCodeAt(length)) length = borders[length - 1]!
    if (text.charCodeAt(i) === wanted.charCodeAt(length)) length++
    if (length < wanted.length) continue
    yield i - length + 1
    length = borders[length - 1]!
  }
}

/** For each beginning of a text, how much of it is also its end: what a failed comparison need not look at again. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length)
  for (let i = 1, length = 0; i < text.length; i++) {
    while (length > 0 && text.charCodeAt(i) !== text.charCodeAt(length)) length = borders[length - 1]!
    if (text.charCodeAt(i) === text.charCodeAt(length)) length++
    borders[i] = length
  }
  return borders
}
