// Text that a server wrote, as people and models may be shown it: what nobody sees is taken out (controls, and characters
// that hide or turn text around), and what is too long is cut.

/** Controls but tab and line feed, formats (zero width, bidirectional, tags), private use, halves of pairs, variation selectors. */
const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Variation_Selector}]/gu

/** Takes out what nobody sees, and cuts what is longer than `maxChars`. */
export function cleaned(text: string, maxChars: number): string {
  const seen = text
    .slice(0, 2 * maxChars)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(unseen, '')
  if (text.length <= 2 * maxChars && seen.length <= maxChars) return seen
  return `${wholeCharacters(seen, maxChars)}… [cut: ${text.length} characters]`
}

/** Tells whether a text holds anything that nobody sees. */
export function isHiding(text: string): boolean {
  return text.search(unseen) >= 0
}

/** The beginning of a text that cuts no character in two. */
export function wholeCharacters(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}
