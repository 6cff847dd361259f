// What a person is told where they come to a session: whom they talk to, what it lacks, and where they left off.
import { pendingApprovals } from '@retinue/agent'
import type { Message } from '@retinue/kernel'
import type { Loaded } from '@retinue/store'
import { counted } from '../figures.ts'
import { memoryOnly } from '../session-store.ts'
import { shortId } from '../session-table.ts'
import { shortcomingsOf } from '../shortcomings.ts'
import { safeLine } from '../terminal/safe-text.ts'
import type { Chat } from './chat.ts'

/** Says whom the person talks to, with what, and where they left off. */
export function greet(chat: Chat, opened: Loaded): void {
  const { app, screen, session, agent, model } = chat
  const { style } = screen
  if (screen.notes.isTTY) {
    const facts = [
      `agent ${safeLine(agent.name)}`,
      `model ${safeLine(model.name)}`,
      `session ${shortId(session.id)}`,
    ]
    screen.note(`${style.bold('retinue')} ${style.dim(`· ${facts.join(' · ')} · /help`)}`)
  }
  if (!app.library.isDurable) screen.note(style.yellow(memoryOnly))
  tellState(chat, opened)
}

/** Says what a session lacks, and where the person left off in it. */
export function tellState({ app, screen, session, model }: Chat, opened: Loaded): void {
  const { style } = screen
  for (const each of shortcomingsOf(app, opened, model)) screen.note(style.yellow(each))
  const last = session.messages.at(-1)
  if (!last || !screen.notes.isTTY) return
  const spoken = session.messages.items.findLast((message) => textOf(message) !== '')
  const words = spoken ? textOf(spoken) : ''
  screen.note(
    style.dim(screen.fit(`${counted(session.messages.length, 'message')}; the last words: ${words}`, 0)),
  )
  const waiting = pendingApprovals(session).map(({ toolName }) => safeLine(toolName))
  if (waiting.length > 0)
    screen.note(
      style.yellow(`The last turn waits for your answer about ${waiting.join(', ')}; /continue asks.`),
    )
  else if (isUnfinished(last))
    screen.note(style.yellow('The last turn did not finish; /continue goes on with it.'))
}

function textOf({ parts }: Message): string {
  return safeLine(parts.map((part) => (part.type === 'text' ? part.text : '')).join(' '))
}

/** Whether a history that ends so ends in the middle of a turn. */
export function isUnfinished(last: Message | undefined): boolean {
  if (last?.role !== 'assistant') return last !== undefined
  return last.partial === true || last.parts.some(({ type }) => type === 'tool-call')
}
