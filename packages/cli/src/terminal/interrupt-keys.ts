// The keyboard while nobody is asked: Ctrl-C is heard, everything else is kept for whoever asks next, and nothing of it
// appears in the middle of an answer. Without a terminal only the signal is heard.

/** Listens until it is released. */
export interface InterruptKeys {
  /** Lets the keyboard go; gives what was typed meanwhile. */
  release(): Buffer
}

/** Calls `onInterrupt` on each Ctrl-C, or interrupt signal. */
export function watchInterrupts(
  input: NodeJS.ReadStream | undefined,
  onInterrupt: () => void,
): InterruptKeys {
  const typed: number[] = []
  const onData = (data: Buffer | string): void => {
    for (const byte of Buffer.from(data)) {
      if (byte === ctrlC) onInterrupt()
      else if (byte === ctrlZ) suspend(input!)
      else typed.push(byte)
    }
  }
  process.on('SIGINT', onInterrupt)
  input?.setRawMode(true).on('data', onData).resume()
  return {
    release: () => {
      process.off('SIGINT', onInterrupt)
      input?.off('data', onData).setRawMode(false).pause()
      return Buffer.from(typed)
    },
  }
}

const ctrlC = 3
const ctrlZ = 26

/** Does what the terminal would have done if its keys were not ours. */
function suspend(input: NodeJS.ReadStream): void {
  if (process.platform === 'win32') return
  input.setRawMode(false)
  process.once('SIGCONT', () => input.setRawMode(true))
  process.kill(process.pid, 'SIGTSTP')
}
