// Sessions as a list for people.
import type { SessionInfo } from '@retinue/store'
import { safeLine } from './terminal/safe-text.ts'
import type { Screen } from './terminal/screen.ts'

/** What a person is told where there is none. */
export const noSessions = 'There is no session yet: retinue chat begins one.'

/** Describes sessions, one a line. */
export function describeSessions(sessions: readonly SessionInfo[], screen: Screen, current?: string): string {
  const { style } = screen
  return sessions
    .map(({ id, agent, title, messages, updatedAt }) => {
      const mark = id === current ? style.green('*') : ' '
      const count = `${messages} message${messages === 1 ? '' : 's'}`
      const facts = `${whenText(new Date(updatedAt))}  ${safeLine(agent ?? 'no agent')}, ${count}`
      return `${mark} ${style.cyan(shortId(id))}  ${facts}  ${style.dim(screen.fit(safeLine(title), 62))}`
    })
    .join('\n')
}

/** The beginning of an id, which is enough to name a session. */
export function shortId(id: string): string {
  return safeLine(id).slice(0, 8)
}

/** A moment as people read it. */
export function whenText(date: Date, precision: 'minutes' | 'seconds' = 'minutes'): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const minutes = `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
  return precision === 'minutes' ? minutes : `${minutes}:${two(date.getSeconds())}`
}
