// When a watch looks again, beside after a commit of its own connection: when SQLite's `data_version` says that another
// connection or process has committed.
import type { DatabaseSync } from 'node:sqlite'

/** How often other processes are looked for. */
const pollMs = 30

/** Makes what looks for the commits of others, and gives what ends that. */
export function fileWatch(db: DatabaseSync): (tell: () => void) => () => void {
  const version = db.prepare('pragma data_version')
  const look = (): unknown => {
    try {
      return (version.get() as { data_version: number }).data_version
    } catch (error) {
      return error // another one each time: the watches look, and meet it themselves
    }
  }
  return (tell) => {
    let last = look()
    const timer = setInterval(() => {
      const now = look()
      if (now === last) return
      last = now
      tell()
    }, pollMs)
    return () => clearInterval(timer)
  }
}
