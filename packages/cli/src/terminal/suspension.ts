// Ctrl-Z, where its key is ours and not the terminal's: the whole job stops, npx or npm around it too, as it would by the
// terminal; only then does the shell come back.
import { setTimeout } from 'node:timers/promises'
import { markPastes, unmarkPastes } from './paste-marks.ts'

/** Stops the job; resolves when it goes on, or where there is no shell to wake it, and it can't be stopped. */
export async function suspend({
  input,
  output,
}: {
  readonly input: NodeJS.ReadStream
  readonly output: NodeJS.WriteStream
}): Promise<void> {
  if (process.platform === 'win32') return
  unmarkPastes(output)
  input.setRawMode(false)
  process.kill(0, 'SIGTSTP')
  await setTimeout(100) // the signal may take a moment; nothing tells that none comes
  input.setRawMode(true)
  markPastes(output)
}
