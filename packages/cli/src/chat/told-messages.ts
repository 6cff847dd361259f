// Messages that another command has added to a session: what was said, which tools were called, and what came of it.
import type { Message } from '@retinue/kernel'
import { safeText } from '../terminal/safe-text.ts'
import type { Screen } from '../terminal/screen.ts'
import { callTitle, excerptOf } from './call-view.ts'

type Part = Message['parts'][number]

/** What messages have that others had not, a message grown by some parts among them; and how many of those are gone. */
export function newsIn(
  before: readonly Message[],
  now: readonly Message[],
): { readonly told: readonly Message[]; readonly gone: number } {
  let same = 0
  while (same < before.length && isEqual(before[same], now[same])) same++
  const [was, is] = [before[same], now[same]]
  const isGrown =
    was !== undefined && was.role === is?.role && was.parts.every((part, i) => isEqual(part, is.parts[i]))
  const gone = before.length - same - (isGrown ? 1 : 0)
  if (!isGrown) return { told: now.slice(same), gone }
  return {
    told: [{ ...is, parts: is.parts.slice(was.parts.length) } as Message, ...now.slice(same + 1)],
    gone,
  }
}

/** Shows messages. */
export function tellMessages(messages: readonly Message[], screen: Screen): void {
  for (const { role, parts } of messages) for (const part of parts) tellPart(role, part, screen)
}

function tellPart(role: Message['role'], part: Part, screen: Screen): void {
  const { style } = screen
  if (part.type === 'text' && role === 'user') screen.note(`${style.green('»')} ${safeText(part.text)}`)
  else if (part.type === 'text') {
    screen.answer(part.text)
    screen.endAnswer()
  } else if (part.type === 'tool-call') {
    screen.note(`${style.dim('…')} ${screen.fit(callTitle(part.toolName, part.input), 4)}`)
  } else if (part.type === 'tool-result') {
    const sign = part.output.type.startsWith('error') ? style.red('✗') : style.green('✓')
    const [first = '', ...lines] = excerptOf(part.output).map((line) => style.dim(screen.fit(line, 4)))
    screen.note([`${sign} ${first}`, ...lines.map((line) => `  ${line}`)].join('\n'))
  } else if (part.type === 'file') screen.aside(`a file of the type ${safeText(part.mediaType)}`)
}

function isEqual(one: unknown, other: unknown): boolean {
  return toldOf(one) === toldOf(other)
}

/** What was said, without what questions and providers keep beside it, which changes with the answers. */
function toldOf(value: unknown): string | undefined {
  return JSON.stringify(value, (key, each: unknown) => (untold.has(key) ? undefined : each))
}

const untold: ReadonlySet<string> = new Set(['providerMetadata', 'content'])
