// What must not outlive this process. A server ends when its standard input does; one that doesn't is killed when this
// process exits without having closed it.
import process from 'node:process'

const kills = new Set<() => void>()

/** Calls a function when this process exits, unless what it gives back is called before. */
export function killedOnExit(kill: () => void): () => void {
  if (kills.size === 0) process.on('exit', killAll)
  kills.add(kill)
  return () => {
    kills.delete(kill)
    if (kills.size === 0) process.off('exit', killAll)
  }
}

function killAll(): void {
  for (const kill of kills) {
    try {
      kill()
    } catch {
      // It is gone already.
    }
  }
}
