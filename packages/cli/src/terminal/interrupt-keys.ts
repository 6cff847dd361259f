// The keyboard while nobody is asked: Ctrl-C is heard, everything else is kept for whoever asks next, and nothing of it
// appears in the middle of an answer. Without a terminal only the signal is heard.
import type { Terminal } from './question.ts'
import { suspend } from './suspension.ts'

/** Listens until it is released. */
export interface InterruptKeys {
  /** Lets the keyboard go; gives what was typed meanwhile. */
  release(): Buffer
}

/** Calls `onInterrupt` on each Ctrl-C, or interrupt signal, and `onResume` when the program goes on after a Ctrl-Z. */
export function watchInterrupts(
  terminal: Terminal | undefined,
  onInterrupt: () => void,
  onResume?: () => void,
): InterruptKeys {
  const input = terminal?.input
  const typed: number[] = []
  const onData = (data: Buffer | string): void => {
    for (const byte of Buffer.from(data)) {
      if (byte === ctrlC) onInterrupt()
      else if (byte === ctrlZ) void suspend(terminal!).then(onResume)
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
