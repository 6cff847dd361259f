// Processes that must not outlive this one. A server ends when its standard input does; one that doesn't is killed when
// this process exits without having closed it.
import process from 'node:process'

const pids = new Set<() => number | null>()

/** Kills the process of that id, if there is one then, when this process exits. */
export function killedOnExit(pid: () => number | null): () => void {
  if (pids.size === 0) process.on('exit', killAll)
  pids.add(pid)
  return () => {
    pids.delete(pid)
    if (pids.size === 0) process.off('exit', killAll)
  }
}

function killAll(): void {
  for (const pid of pids) {
    const id = pid()
    try {
      if (id !== null) process.kill(id, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}
