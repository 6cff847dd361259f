// A text given page by page, by lines, each page with how to go on.

const linesOfPage = 500
const maxPageLength = 50_000

/** The lines of a text from one on, counted from 1; a last line says where the next page begins. */
export function page(text: string, offset: number): string {
  const lines = text.split(/\r?\n/)
  if (offset > lines.length)
    return `The text has ${lines.length} lines: give an offset from 1 to ${lines.length}.`
  let end = offset - 1
  for (let length = 0; end < lines.length && end < offset - 1 + linesOfPage; end++) {
    length += lines[end]!.length + 1
    if (length > maxPageLength && end >= offset) break
  }
  const shown = lines
    .slice(offset - 1, end)
    .map((line) =>
      line.length <= maxPageLength
        ? line
        : `${line.slice(0, maxPageLength).replace(/[\uD800-\uDBFF]$/, '')}… [cut: the line has ${line.length} characters]`,
    )
    .join('\n')
  return end < lines.length
    ? `${shown}\n[lines ${offset}–${end} of ${lines.length}; continue with offset ${end + 1}]`
    : shown
}
