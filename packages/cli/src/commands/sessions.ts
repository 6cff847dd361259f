// `retinue sessions`: lists what is kept, shows a conversation, deletes and copies.
import { AgentConfig, type Message, type ToolResultPart } from '@retinue/kernel'
import { type CommonFlags, openData } from '../application.ts'
import { callTitle, excerptOf } from '../chat/call-view.ts'
import { exitCodes } from '../exit-codes.ts'
import { memoryOnly } from '../session-store.ts'
import { describeSessions, noSessionOf } from '../session-table.ts'
import { setAside } from '../shortcomings.ts'
import { safeJson, safeText } from '../terminal/safe-text.ts'
import { Screen } from '../terminal/screen.ts'
import { type Style, styleFor } from '../terminal/style.ts'
import { wrapped } from '../terminal/wrapped.ts'

/** The flags of the commands on sessions. */
export interface SessionsFlags extends CommonFlags {
  readonly json?: boolean
}

/** Lists the sessions, the newest first. */
export async function listSessions(flags: SessionsFlags): Promise<number> {
  const { library } = await openData(flags)
  const sessions = await library.sessions()
  if (flags.json === true) return written(sessions.map((each) => `${safeJson(each)}\n`).join(''))
  const screen = await Screen.open('chat')
  const none = library.isDurable ? noSessionOf(library.userId) : memoryOnly
  const text = sessions.length === 0 ? none : describeSessions(sessions, screen)
  return written(`${wrapped(text, process.stdout)}\n`)
}

/** Shows the conversation of a session. */
export async function showSession(idStart: string, flags: SessionsFlags): Promise<number> {
  const { library } = await openData(flags)
  const { id, agent: name } = await library.find(idStart)
  const { session } = await library.open(id, name === null ? {} : { agent: new AgentConfig({ name }) })
  if (flags.json === true) return written(`${safeJson(session)}\n`)
  const style = styleFor(process.stdout)
  for (const each of setAside(id, session.quarantine)) console.error(each)
  const text = session.messages.items.map((message) => `${describeMessage(message, style)}\n\n`).join('')
  return written(wrapped(text, process.stdout))
}

/** Deletes sessions; all of them are found before the first one goes. */
export async function deleteSessions(idStarts: readonly string[], flags: SessionsFlags): Promise<number> {
  const { library } = await openData(flags)
  const found = await Promise.all(idStarts.map((each) => library.find(each)))
  for (const { id } of found) {
    await library.remove(id)
    written(`Deleted ${id}.\n`)
  }
  return exitCodes.done
}

/** Copies a session. */
export async function forkSession(idStart: string, flags: SessionsFlags): Promise<number> {
  const { library } = await openData(flags)
  const { id } = await library.find(idStart)
  return written(`${await library.fork(id)}\n`)
}

function written(text: string): number {
  process.stdout.write(text)
  return exitCodes.done
}

function describeMessage(message: Message, style: Style): string {
  const parts = message.parts.map((part) => {
    switch (part.type) {
      case 'text':
        return safeText(part.text)
      case 'reasoning':
        return style.dim(safeText(part.text))
      case 'file':
        return style.dim(`[a file of the type ${safeText(part.mediaType)}]`)
      case 'tool-call':
        return style.cyan(callTitle(part.toolName, part.input))
      case 'tool-result':
        return describeResult(part, style)
      case 'provider':
        return style.dim(`[${safeText(part.provider)}: ${safeText(part.content.type)}]`)
    }
  })
  const cut = message.role === 'assistant' && message.partial === true ? style.yellow(' (cut short)') : ''
  const who = { user: `${style.green('›')} `, assistant: '  ', tool: '' }[message.role]
  const text = parts.join('\n').replaceAll('\n', message.role === 'tool' ? '\n' : '\n  ')
  // No regular expression: over a long run of blanks it would try each of them as the first.
  return `${who}${text}${cut}`
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

function describeResult({ toolName, output }: ToolResultPart, style: Style): string {
  const sign = output.type.startsWith('error') ? style.red('✗') : style.green('✓')
  return `${sign} ${style.dim([safeText(toolName), ...excerptOf(output)].join('\n    '))}`
}
