// Which session a command works on: one that is named, the last one, or a new one.
import { RetinueError } from '@retinue/kernel'
import type { Loaded, SessionInfo } from '@retinue/store'
import type { Application } from './application.ts'
import { memoryOnly } from './session-store.ts'

/** The flags that choose a session. */
export interface SessionFlags {
  readonly agent?: string
  readonly session?: string
  readonly continue?: boolean
}

/** Opens the session that the flags mean; without a flag, a new one. */
export async function openSession(app: Application, flags: SessionFlags): Promise<Loaded> {
  const { library, user } = app
  const meant = await findSession(app, flags)
  if (meant === undefined)
    return { session: library.create({ user, agent: app.agent(flags.agent) }), report: undefined }
  const agent = flags.agent ? app.agent(flags.agent) : app.agentOf(meant.agent)
  return library.open(meant.id, { user, agent })
}

async function findSession({ library }: Application, flags: SessionFlags): Promise<SessionInfo | undefined> {
  if (flags.session !== undefined) return library.find(flags.session)
  if (flags.continue !== true) return undefined
  const [last] = await library.sessions(1)
  if (last !== undefined) return last
  throw new RetinueError('RETINUE_CLI_SESSION_UNKNOWN', 'There is no session to continue.', {
    hint: library.isDurable ? 'Leave --continue out to begin one.' : memoryOnly,
  })
}
