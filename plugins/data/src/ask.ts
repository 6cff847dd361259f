// Opens files within the fence and has a worker look into them. The worker gets what is open and no path; it has no
// environment and ends when it has answered, when time is up, or when the run is stopped.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { RetinueError } from '@retinue/kernel'
import type { Opened, Root } from '@retinue/plugin-workspace/fence'
import { failure } from './errors.ts'
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
}

/** An answer, and where the files really are. */
export type Answer = Extract<Reply, { text: string }> & { readonly paths: readonly string[] }

/** How often a database that changes while it is read is read anew. */
const maxAttempts = 3

/** Has files looked into. @throws what the codes of this plugin and the workspace's say. */
export async function ask(root: Root, question: Question, options: AskOptions): Promise<Answer> {
  const timeout = AbortSignal.timeout(options.timeoutMs)
  for (let attempt = 1; ; attempt++) {
    try {
      return await askOnce(root, question, options, timeout)
    } catch (error) {
      if (attempt === maxAttempts || !(error instanceof RetinueError) || error.code !== 'RETINUE_DATA_BUSY')
        throw error
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
    return { path: file.path, fd: handle.fd, size: Number(stats.size), mtimeNs: stats.mtimeNs }
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

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

async function work(
  request: Request,
  { timeoutMs, signal }: AskOptions,
  timeout: AbortSignal,
): Promise<Reply> {
  signal.throwIfAborted()
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData: request,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(request.limits.maxMemoryBytes / 1_000_000) },
  })
  try {
    const [reply] = (await once(worker, 'message', { signal: AbortSignal.any([signal, timeout]) })) as [Reply]
    return reply
  } catch (error) {
    signal.throwIfAborted()
    if (timeout.aborted) {
      throw failure(
        'RETINUE_DATA_TIMEOUT',
        `It took longer than ${timeoutMs} ms and was stopped.`,
        'Ask for less: filter before you join, and do without what grows with the square of the rows.',
      )
    }
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error
    throw failure('RETINUE_DATA_MEMORY', 'There is not enough memory for that.', 'Ask for a smaller file.')
  } finally {
    worker.on('error', () => {}) // of a worker that is being ended nobody wants to hear
    await worker.terminate()
  }
}
