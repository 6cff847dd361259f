// How numbers, sizes, paths and long texts are said to a model: the same way in every answer, whatever the locale.

/** What a tool says, and where the file that it was about really is. */
export interface Answer {
  readonly path: string
  readonly text: string
}

/** Says how many: `'1 line'`, `'1,234 lines'`. */
export function counted(count: number, noun: string): string {
  return `${figure(count)} ${count === 1 ? noun : plural(noun)}`
}

/** Gives the plural of the nouns that the answers use: `'matches'`, `'entries'`, `'files'`. */
export function plural(noun: string): string {
  if (noun.endsWith('ch')) return `${noun}es`
  return noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`
}

/** Writes a number with its thousands apart: `'1,234'`. */
export function figure(value: number): string {
  return value.toLocaleString('en-US')
}

/** Says a size in bytes as people do: `'512 bytes'`, `'1.2 MB'`. */
export function sized(bytes: number): string {
  if (bytes < 1000) return counted(bytes, 'byte')
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), 4)
  return `${(bytes / 1000 ** power).toFixed(1)} ${['', 'kB', 'MB', 'GB', 'TB'][power]}`
}

/** Writes a path for one line of an answer; a name with a line break or other control character is escaped. */
export function shown(path: string): string {
  if (path.search(breaking) < 0) return path
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(path).replace(breaking, escape)
}

/** What ends a line for somebody, or is no character to be shown; JSON leaves half of these as they are. */
const breaking = /[\p{Cc}\u2028\u2029]/gu

/** Writes a path for a sentence, in quotes, cut where it is endless; the root is named in words. */
export function quoted(path: string): string {
  if (path === '') return 'the root'
  const text = clipped(shown(path), 200)
  return text.startsWith('"') ? text : `'${text}'`
}

/** Cuts a text to about `max` characters around the place `at`; the marks `…` say where something is missing. */
export function clipped(text: string, max: number, at = 0): string {
  if (text.length <= max) return text
  const from = Math.max(0, Math.min(at - Math.floor(max / 3), text.length - max))
  const part = text.slice(from, from + max).replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '')
  return `${from > 0 ? '…' : ''}${part}${from + max < text.length ? '…' : ''}`
}
