// Where sessions and users are kept between two commands: a file for each, and beside it the list of its changes. A
// session is written after each commit, whole and in the place of what was there, so that a process that is killed
// leaves what it had acknowledged. A session that nobody has spoken in is not kept.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  type AgentConfig,
  ChatSession,
  ChatUser,
  type Committed,
  type Owner,
  type Report,
  RetinueError,
  type SessionSnapshot,
  type UserOptions,
} from '@retinue/kernel'
import { reasonOf } from './failure.ts'
import { prepareDataFolder } from './project.ts'

/** What is known of a session without opening it. */
export interface SessionSummary {
  readonly id: string
  readonly agent: string | null
  readonly user: string
  readonly title: string
  readonly messages: number
  readonly changedAt: Date
}

/** One committed change of a session, and when it was. */
export interface TimelineEntry extends Committed {
  readonly at: string
}

/** The sessions of a data folder. */
export interface SessionLibrary {
  readonly folder: string
  /** Gives a user with what was saved of them; what is given now goes over it. */
  user(options: UserOptions): Promise<ChatUser>
  /** The sessions, the newest first. */
  list(): Promise<readonly SessionSummary[]>
  /**
   * Finds the session whose id begins so.
   * @throws {RETINUE_CLI_SESSION_UNKNOWN}
   */
  find(idStart: string): Promise<SessionSummary>
  /** Makes a session that is kept from its first message on. */
  create(parts: { readonly user: ChatUser; readonly agent: AgentConfig }): ChatSession
  /** Opens a session; its changes are kept. */
  open(
    id: string,
    parts: { readonly user: ChatUser; readonly agent: AgentConfig },
  ): Promise<{ readonly session: ChatSession; readonly report: Report }>
  /** The session as it is kept. */
  read(id: string): Promise<SessionSnapshot>
  /** Copies a session under an id of its own. */
  fork(id: string): Promise<string>
  remove(id: string): Promise<void>
  /** What was committed, in order. */
  timeline(id: string): Promise<readonly TimelineEntry[]>
}

/**
 * Opens the library of a data folder.
 * @throws {RETINUE_CLI_DATA}
 */
export async function openLibrary(folder: string): Promise<SessionLibrary> {
  return new FileLibrary(folder)
}

class FileLibrary implements SessionLibrary {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  async user(options: UserOptions): Promise<ChatUser> {
    const path = this.#path('users', encodeURIComponent(options.id))
    const user = existsSync(path) ? ChatUser.restore(readText(path)).user : new ChatUser({ id: options.id })
    const given = new ChatUser(options).snapshot()
    user.batch(() => {
      for (const bag of ['config', 'context', 'sections'] as const)
        for (const [type, { values }] of Object.entries(given[bag]))
          user[bag].$set(type as never, values as never)
    })
    user.on('committed', () => this.#write(path, user))
    return user
  }

  async list(): Promise<readonly SessionSummary[]> {
    const folder = join(this.folder, 'sessions')
    if (!existsSync(folder)) return []
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
    return names
      .map((name) => summaryOf(join(folder, name)))
      .sort((a, b) => b.changedAt.getTime() - a.changedAt.getTime())
  }

  async find(idStart: string): Promise<SessionSummary> {
    const all = await this.list()
    const found = all.filter(({ id }) => id.startsWith(idStart))
    const exact = found.find(({ id }) => id === idStart) ?? (found.length === 1 ? found[0] : undefined)
    if (exact !== undefined) return exact
    const what =
      found.length === 0
        ? `No session has an id that begins with '${idStart}'.`
        : `${found.length} sessions have an id that begins with '${idStart}'.`
    throw new RetinueError('RETINUE_CLI_SESSION_UNKNOWN', what, {
      hint: found.length === 0 ? 'retinue sessions lists those that there are.' : 'Give more of it.',
      details: { id: idStart },
    })
  }

  create(parts: { readonly user: ChatUser; readonly agent: AgentConfig }): ChatSession {
    const session = new ChatSession(parts)
    this.#keep(session)
    return session
  }

  async open(
    id: string,
    parts: { readonly user: ChatUser; readonly agent: AgentConfig },
  ): Promise<{ readonly session: ChatSession; readonly report: Report }> {
    const opened = ChatSession.restore(readText(this.#path('sessions', id)), parts)
    this.#keep(opened.session)
    return opened
  }

  async read(id: string): Promise<SessionSnapshot> {
    return JSON.parse(readText(this.#path('sessions', id))) as SessionSnapshot
  }

  async fork(id: string): Promise<string> {
    const copy = { ...(await this.read(id)), id: randomUUID() }
    this.#write(this.#path('sessions', copy.id), copy)
    return copy.id
  }

  async remove(id: string): Promise<void> {
    rmSync(this.#path('sessions', id))
    rmSync(this.#path('sessions', id, 'log'), { force: true })
  }

  async timeline(id: string): Promise<readonly TimelineEntry[]> {
    const path = this.#path('sessions', id, 'log')
    if (!existsSync(path)) return []
    const lines = readText(path).split('\n')
    return lines.flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as TimelineEntry]
      } catch {
        return [] // the process was killed in the middle of the line; the session itself is whole
      }
    })
  }

  #keep(session: ChatSession): void {
    const log = this.#path('sessions', session.id, 'log')
    session.on('committed', (committed) => {
      if (session.messages.length === 0) return
      this.#write(this.#path('sessions', session.id), session)
      appendFileSync(log, `${JSON.stringify({ at: new Date().toISOString(), ...committed })}\n`, {
        mode: 0o600,
      })
    })
  }

  #path(kind: 'users' | 'sessions', id: string, extension = 'json'): string {
    return join(this.folder, kind, `${id}.${extension}`)
  }

  #write(path: string, owner: Owner | object): void {
    prepareDataFolder(this.folder)
    try {
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(`${path}.new`, JSON.stringify(owner), { mode: 0o600, flush: true })
      renameSync(`${path}.new`, path)
    } catch (cause) {
      throw new RetinueError('RETINUE_CLI_DATA', `${path} can't be written: ${reasonOf(cause)}.`, { cause })
    }
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

function summaryOf(path: string): SessionSummary {
  const { id, agent, user, messages } = JSON.parse(readText(path)) as SessionSnapshot
  const first = messages.find(({ role }) => role === 'user')
  const text = first?.parts.map((part) => (part.type === 'text' ? part.text : '')).join(' ') ?? ''
  return { id, agent, user, title: text, messages: messages.length, changedAt: statSync(path).mtime }
}
