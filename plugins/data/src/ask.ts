// Opens files within the fence and has a thread look into them, which is kept for the next question about them as they
// are; it ends at once when time is up, or when the run is stopped.
import { RetinueError } from '@retinue/kernel'
import { explained, Line, type Opened, type Root } from '@retinue/plugin-workspace/fence'
import { DataThread } from './data-thread.ts'
import { failure } from './errors.ts'
import { type Keeper, keepThread, takeThread } from './kept-threads.ts'
import type { DataFile, Limits, OpenFile, Reply, Request } from './request.ts'

/** What is asked, of which files. */
export interface Question {
  readonly paths: readonly string[]
  readonly sql?: string | undefined
  readonly table?: string | undefined
}

/** How it is answered. */
export interface AskOptions {
  readonly limits: Limits
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Whose question it is, and how long the files stay loaded for the next one. */
  readonly keeper: Keeper
  readonly keepMs: number
}

/** An answer, and where the files really are. */
export type Answer = Extract<Reply, { text: string }> & { readonly paths: readonly string[] }

/** How many questions are answered at once: each has a thread, which takes a processor and much memory. */
const line = new Line(4)

/** How often a database that changes while it is read is read anew. */
const maxAttempts = 3

/** Has files looked into. @throws what the codes of this plugin and the workspace's say. */
export async function ask(root: Root, question: Question, options: AskOptions): Promise<Answer> {
  const timeout = AbortSignal.timeout(options.timeoutMs)
  let isBegun = false
  try {
    return await line.work(AbortSignal.any([options.signal, timeout]), () => {
      isBegun = true
      return attempts(root, question, options, timeout)
    })
  } catch (error) {
    if (isBegun || options.signal.aborted) throw error
    throw failure(
      'RETINUE_DATA_TIMEOUT',
      `So much is asked at once that this was not begun within ${options.timeoutMs} ms.`,
      'Try again later.',
    )
  }
}

/** Tries it as often as databases that change meanwhile ask for. */
async function attempts(
  root: Root,
  question: Question,
  options: AskOptions,
  timeout: AbortSignal,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askOnce(root, question, options, timeout)
    } catch (error) {
      if (attempt < maxAttempts && error instanceof RetinueError && error.code === 'RETINUE_DATA_BUSY')
        continue
      throw explained(error, question.paths.join(', '))
    }
  }
}

async function askOnce(
  root: Root,
  { paths, sql, table }: Question,
  options: AskOptions,
  timeout: AbortSignal,
): Promise<Answer> {
  const opened: Opened[] = []
  try {
    const files: DataFile[] = []
    for (const path of paths) {
      const file = await openData(root, path, opened)
      if (!files.some((each) => each.path === file.path)) files.push(file)
    }
    const reply = await work({ files, sql, table, limits: options.limits }, options, timeout)
    if ('code' in reply) throw failure(reply.code, reply.what, reply.hint)
    return { ...reply, paths: files.map(({ path }) => path) }
  } finally {
    await Promise.all(opened.map((file) => file[Symbol.asyncDispose]()))
  }
}

/** Opens a file, and of a database what lies beside it; all that is opened is noted, to be closed. */
async function openData(root: Root, path: string, opened: Opened[]): Promise<DataFile> {
  const open = async (place: string): Promise<OpenFile & { readonly path: string }> => {
    const file = await root.openFile(place)
    opened.push(file)
    const { handle, stats } = file
    const { size, mtimeNs, dev, ino, ctimeNs } = stats
    return { path: file.path, fd: handle.fd, size: Number(size), mtimeNs, mark: `${dev}:${ino}:${ctimeNs}` }
  }
  const beside = (place: string): Promise<OpenFile | undefined> =>
    open(place).catch((error: unknown) => {
      if (error instanceof RetinueError && error.code === 'RETINUE_WORKSPACE_MISSING') return undefined
      throw error
    })
  const file = await open(path)
  const head = Buffer.alloc(16)
  await opened.at(-1)!.handle.read(head, 0, head.length, 0)
  if (head.toString('latin1') !== 'SQLite format 3\0') return file
  return { ...file, wal: await beside(`${file.path}-wal`), journal: await beside(`${file.path}-journal`) }
}

/**
 * Has the request answered by the thread that has these files loaded, or by a new one; and by a new one, too, where what
 * earlier questions loaded may be what there is no room beside.
 */
async function work(request: Request, options: AskOptions, timeout: AbortSignal): Promise<Reply> {
  const mayKeep = options.keepMs > 0 && request.files.every(isSettled)
  const key = keyOf(request)
  const before = takeThread(options.keeper, key)
  const replyOf = (thread: DataThread) =>
    answered(thread, request, mayKeep ? key : undefined, options, timeout)
  const reply = before && (await replyOf(before))
  if (reply !== undefined && !isForWantOfRoom(reply)) return reply
  return replyOf(new DataThread(request.limits.maxMemoryBytes))
}

/** Has a thread answer, which is kept under a key where there is one, and all went well. */
async function answered(
  thread: DataThread,
  request: Request,
  key: string | undefined,
  { keeper, keepMs, timeoutMs, signal }: AskOptions,
  timeout: AbortSignal,
): Promise<Reply> {
  let isKept = false
  try {
    signal.throwIfAborted()
    const reply = await thread.ask(request, AbortSignal.any([signal, timeout]))
    if (key !== undefined && isWell(reply) && !keeper.closed) {
      await keepThread(keeper, key, thread, keepMs)
      isKept = true
    }
    return reply
  } catch (error) {
    signal.throwIfAborted()
    if (!timeout.aborted) throw error
    throw failure(
      'RETINUE_DATA_TIMEOUT',
      `It took longer than ${timeoutMs} ms and was stopped.`,
      'Ask for less: read fewer columns, filter before you join, do without what grows with the square of the rows.',
    )
  } finally {
    if (!isKept) await thread.end()
  }
}

/** Tells which files are asked about, as they are now, and within which limits they are loaded. */
function keyOf({ files, limits: { maxFileBytes, maxMemoryBytes } }: Request): string {
  const states = files.map(({ path, wal, journal, ...file }) => [
    path,
    ...[file, wal, journal].map((each) => each && [each.size, String(each.mtimeNs), each.mark]),
  ])
  return JSON.stringify([maxFileBytes, maxMemoryBytes, states])
}

/** Whether a file shows it where it is written to from now on: what is written within one tick of its clock does not. */
function isSettled({ mtimeNs, wal, journal }: DataFile): boolean {
  const times = [mtimeNs, wal?.mtimeNs ?? 0n, journal?.mtimeNs ?? 0n]
  return times.every((time) => Date.now() - Number(time / 1_000_000n) > clockTickMs)
}

const clockTickMs = 2000 // of the file systems that count the coarsest

/** Whether the files were loaded well, whatever came of the question. */
function isWell(reply: Reply): boolean {
  return 'text' in reply || reply.code === 'RETINUE_DATA_STATEMENT' || reply.code === 'RETINUE_DATA_TABLE'
}

function isForWantOfRoom(reply: Reply): boolean {
  return 'code' in reply && (reply.code === 'RETINUE_DATA_MEMORY' || reply.code === 'RETINUE_DATA_TOO_LARGE')
}
