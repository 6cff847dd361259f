// Terminals say where a paste begins and ends, where they are asked to: so a text of several lines is one message, also
// where it is pasted while an answer is written. One that calls itself dumb would show the request as text.

/** Has a terminal mark what is pasted, until the process ends. */
export function markPastes(output: NodeJS.WriteStream): void {
  if (process.env['TERM'] === 'dumb') return
  output.write('\u001B[?2004h')
  process.once('exit', () => output.write('\u001B[?2004l'))
}
