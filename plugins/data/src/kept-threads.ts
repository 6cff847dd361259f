// Threads that are kept for the next question about the same files, so that these need not be loaded again. A session has
// one at most, and the process a few; each ends with its session, or when nobody has asked for a while.
import type { DataThread } from './data-thread.ts'

/** How many threads are kept in all. */
const maxKept = 4
const lookMs = 1000

/** Whose a thread is; a session. */
export interface Keeper {
  readonly closed: boolean
}

interface Kept {
  readonly thread: DataThread
  readonly keeper: WeakRef<Keeper>
  /** Tells the files, and how they were when they were loaded. */
  readonly key: string
  readonly until: number
}

/** The one that was used last at the end. */
const kept = new Set<Kept>()
let watch: NodeJS.Timeout | undefined

/** Takes the thread that has these files loaded for a session; it is nobody else's then. */
export function takeThread(keeper: Keeper, key: string): DataThread | undefined {
  const found = [...kept].find((each) => each.keeper.deref() === keeper && each.key === key)
  if (found === undefined) return undefined
  remove(found)
  return found.thread
}

/** Keeps a thread for a session, for so long; another one of that session's ends. */
export async function keepThread(
  keeper: Keeper,
  key: string,
  thread: DataThread,
  keepMs: number,
): Promise<void> {
  const before = [...kept].filter((each) => each.keeper.deref() === keeper)
  const until = performance.now() + keepMs
  kept.add({ thread, keeper: new WeakRef(keeper), key, until })
  watch ??= setInterval(endOld, lookMs).unref()
  await Promise.all([...before, ...[...kept].slice(0, -maxKept)].map(end))
}

/** How many threads are kept. */
export function keptThreads(): number {
  return kept.size
}

function endOld(): void {
  const now = performance.now()
  for (const each of kept) if (now > each.until || each.keeper.deref()?.closed !== false) void end(each)
}

async function end(each: Kept): Promise<void> {
  remove(each)
  await each.thread.end()
}

function remove(each: Kept): void {
  kept.delete(each)
  if (kept.size > 0) return
  clearInterval(watch)
  watch = undefined
}
