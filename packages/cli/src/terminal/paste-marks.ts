// Terminals say where a paste begins and ends, where they are asked to: so a text of several lines is one message, also
// where it is pasted while an answer is written. One that calls itself dumb would show the request as text.

/** Has a terminal mark what is pasted. */
export function markPastes(output: NodeJS.WriteStream): void {
  if (process.env['TERM'] !== 'dumb') output.write('\u001B[?2004h')
}

/** Has it mark nothing, as whoever comes next expects. */
export function unmarkPastes(output: NodeJS.WriteStream): void {
  if (process.env['TERM'] !== 'dumb') output.write('\u001B[?2004l')
}
