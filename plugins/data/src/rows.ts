// Rows as a model reads them: each a line of JSON, so that a text can't pass for a number, nor a line break for a row.

/** A value as it is shown; of bytes only a text that says how many they are. */
export type Cell = string | number | bigint | null

/** How much of a text is shown, in characters. */
const maxCellLength = 500

/**
 * Writes rows a line each, as far as there is room; the first one always, and of it as many values as there is room for.
 *
 * @example
 * linesOf([['a', 1n], [null, 2.5]], 1000) // ['["a",1]', '[null,2.5]']
 */
export function linesOf(rows: readonly (readonly Cell[])[], maxChars: number): string[] {
  const lines: string[] = []
  let length = 0
  for (const row of rows) {
    const line = lineOf(row, maxChars)
    length += line.length + 1
    if (length > maxChars && lines.length > 0) break
    lines.push(line)
  }
  return lines
}

/** Writes a row, as far as there is room, and says how many values it has beyond; the first one is always there. */
export function lineOf(row: readonly Cell[], maxChars: number): string {
  const values: string[] = []
  let length = 2
  for (const value of row) {
    const text = shown(value)
    length += text.length + 1
    if (length > maxChars && values.length > 0)
      return `[${values.join()}, … ${row.length - values.length} more columns]`
    values.push(text)
  }
  return `[${values.join()}]`
}

/** Writes a value; what is too long is cut, and says so. */
export function shown(value: Cell | undefined, maxLength: number = maxCellLength): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value))
  if (typeof value !== 'string' || value.length <= maxLength) return JSON.stringify(value)
  const cut = value.slice(0, maxLength).replace(/[\uD800-\uDBFF]$/, '')
  return JSON.stringify(`${cut}… [${value.length} characters]`)
}
