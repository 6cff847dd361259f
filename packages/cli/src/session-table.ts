// Sessions as a list for people.
import type { SessionInfo } from '@retinue/store'
import { counted } from './figures.ts'
import { ownName } from './own-name.ts'
import { safeLine } from './terminal/safe-text.ts'
import type { Screen } from './terminal/screen.ts'

/** What a person is told where a user has none; a store may have those of others. */
export function noSessionOf(user: string): string {
  return `There is no session of ${safeLine(user)} yet: ${ownName} chat begins one.`
}

/** Describes sessions, one a line; in a narrow terminal the title has a line of its own. */
export function describeSessions(sessions: readonly SessionInfo[], screen: Screen, current?: string): string {
  const { style } = screen
  return sessions
    .map(({ id, agent, title, messages, updatedAt }) => {
      const mark = id === current ? style.green('*') : ' '
      const facts = `${whenText(new Date(updatedAt))}  ${safeLine(agent ?? 'no agent')}, ${counted(messages, 'message')}`
      const head = `${mark} ${style.cyan(shortId(id))}  ${facts}`
      const room = 14 + facts.length
      return screen.notes.isTTY && screen.width - room < leastOfTitle
        ? `${head}\n    ${style.dim(screen.fit(safeLine(title), 4))}`
        : `${head}  ${style.dim(screen.fit(safeLine(title), room))}`
    })
    .join('\n')
}

/** Columns below which a title says nothing. */
const leastOfTitle = 20

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
