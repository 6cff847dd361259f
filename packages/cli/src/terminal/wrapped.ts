// Lines as a terminal shows them: broken between words, and what goes on stands a little further in than its line.
import { wrapAnsi } from 'fast-wrap-ansi'

/** Breaks what is too long for a terminal; a pipe gets every line as it is. */
export function wrapped(text: string, stream: NodeJS.WriteStream): string {
  if (!stream.isTTY) return text
  const lines = text.split('\n').map((line) => wrappedLine(line, stream.columns || 80))
  return lines.join('\n')
}

function wrappedLine(line: string, width: number): string {
  const [indent = ''] = /^ */.exec(line) ?? []
  const rest = line.slice(indent.length)
  const rows = (room: number): string => wrapAnsi(rest, Math.max(18, room), { hard: true })
  if (!rows(width - indent.length).includes('\n')) return line
  return indent + rows(width - indent.length - 2).replaceAll('\n', `\n${indent}  `)
}
