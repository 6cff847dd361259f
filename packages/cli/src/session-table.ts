// Sessions as a list for people.
import type { SessionSummary } from './session-library.ts'
import { safeLine } from './terminal/safe-text.ts'
import type { Screen } from './terminal/screen.ts'

/** Describes sessions, one a line. */
export function describeSessions(
  sessions: readonly SessionSummary[],
  screen: Screen,
  current?: string,
): string {
  const { style } = screen
  if (sessions.length === 0) return '  There is no session yet: retinue chat begins one.'
  return sessions
    .map(({ id, agent, title, messages, changedAt }) => {
      const mark = id === current ? style.green('*') : ' '
      const count = `${messages} message${messages === 1 ? '' : 's'}`
      const facts = `${whenText(changedAt)}  ${safeLine(agent ?? 'no agent')}, ${count}`
      return `${mark} ${style.cyan(shortId(id))}  ${facts}  ${style.dim(screen.fit(safeLine(title), 62))}`
    })
    .join('\n')
}

/** The beginning of an id, which is enough to name a session. */
export function shortId(id: string): string {
  return safeLine(id).slice(0, 8)
}

function whenText(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}
