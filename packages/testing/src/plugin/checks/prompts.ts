import { ChatSession, ChatUser, AgentConfig, type Prompt, type PromptPart } from '@retinue/kernel'
import { atTime } from '../at-time.ts'
import { castOf, type Cast } from '../cast.ts'
import type { Check } from '../check.ts'
import { breakWith, broken } from '../../verdict.ts'
import { entriesOf, registryWith, type Subject } from '../subject.ts'

const sessions = 20
const dayMs = 86_400_000

/** A section has something to say before anything is set, and whatever is. */
export const rendering: Check = {
  name: 'its sections render where nothing is set, and whatever is',
  run(subject) {
    const together = promptOf(castOf(subject, 0), new Date(1e12)).notices
    const alone = entriesOf(registryWith(subject), subject)
      .filter(({ kind }) => kind.name === 'section')
      .flatMap(({ type }) => noticesAlone(subject, type))
    breakWith(
      (together.some(isFailure) ? together : alone)
        .filter(isFailure)
        .map(({ message }) => [
          message,
          "A template sees its section, the session's contexts and sections, and ids; of a config only what a context that follows it shows. Name in needs what it reads: what is absent is undefined.",
        ]),
    )
    for (let seed = 1; seed < sessions; seed++) {
      const cast = castOf(subject, seed)
      const failed = promptOf(cast, new Date(1e12)).notices.filter(isFailure)
      const mistake = failed.find(({ section }) => isMistake(errorOf(cast, section!)))
      if (mistake === undefined) continue
      const { context, sections } = cast.session.snapshot()
      throw broken(
        mistake.message,
        `Its session had ${JSON.stringify({ context, sections })}, which fits the schemas: let the template do with it, or the schemas refuse it.`,
      )
    }
  },
}

const isFailure = ({ kind }: Prompt['notices'][number]): boolean => kind === 'failed'

function errorOf({ session }: Cast, section: string): unknown {
  try {
    return void (session.sections.$get(section as never) as { render(): string }).render()
  } catch (error) {
    return error
  }
}

/** Whether code took a value for what it is not. Whoever refuses one throws an error of another kind, or with a code. */
function isMistake(error: unknown): boolean {
  const { cause, code, name } = Object(error) as { cause?: unknown; code?: unknown; name?: unknown }
  if (cause !== undefined) return isMistake(cause)
  return code === undefined && (name === 'TypeError' || name === 'ReferenceError')
}

/** What the prompt of an agent that lists one section, and nothing else, tells: with it comes what it needs. */
function noticesAlone(subject: Subject, section: string): Prompt['notices'] {
  const registry = registryWith(subject)
  const agent = new AgentConfig({ name: 'tester', registry })
  const session = new ChatSession({ user: new ChatUser({ id: 'ada', registry }), agent })
  try {
    agent.sections.$get(section as never)
    return session.prompt().notices
  } catch {
    return [] // a need or a default that fails is some other check's to judge
  }
}

/** The same session gives the same prompt, whenever and wherever it is rendered. */
export const determinism: Check = {
  name: 'the same session renders to the same prompt',
  run(subject) {
    for (let seed = 0; seed < sessions; seed++) {
      const cast = castOf(subject, seed)
      const [first, second] = [dayMs, 400 * dayMs].map((ms) =>
        atTime(ms, () => promptOf(restored(subject, cast), new Date(1e12))),
      ) as [Prompt, Prompt]
      const part = first.parts.find(({ section, text }) => text !== textOf(second, section))
      if (part === undefined && first.text === second.text) continue
      throw broken(
        `The section '${part?.section ?? second.parts[0]?.section}' renders to another text each time:\n${part?.text}\n${textOf(second, part?.section)}`,
        'A template may read its view and nothing else: the time is in now, chance and the environment have no place there.',
      )
    }
  },
}

/** A section changes as seldom as it claims. */
export const stability: Check = {
  name: `its sections are as stable as they claim, in ${sessions} sessions`,
  run(subject) {
    const fixed = new Map<string, string>()
    for (let seed = 0; seed < sessions; seed++) {
      const cast = castOf(subject, seed)
      const prompt = promptOf(cast, new Date(1e12))
      for (const { kind, section, message } of prompt.notices) {
        if (kind === 'stability') throw broken(message, mending(section))
      }
      const later = promptOf(restored(subject, cast), new Date(1e12 + (seed + 1) * 31 * dayMs), {
        asked: seed,
      })
      for (const part of prompt.parts) {
        if (part.stability === 'static') compare(part, fixed.get(part.section) ?? part.text, 'sessions')
        if (part.stability !== 'turn') compare(part, textOf(later, part.section) ?? part.text, 'turns')
        fixed.set(part.section, part.text)
      }
    }
  },
}

function compare({ section, text, stability: claim }: PromptPart, other: string, over: string): void {
  if (text === other) return
  throw broken(
    `The section '${section}' claims to be '${claim}', and differs between ${over}:\n${other}\n${text}`,
    mending(section),
  )
}

function mending(section = 'it'): string {
  return `Declare what '${section}' is ('session' if only stored values change it, else 'turn'), or take out what changes: a false claim costs every user the provider's cache.`
}

function promptOf({ session }: Pick<Cast, 'session'>, now: Date, input?: unknown): Prompt {
  if (input === undefined) return session.prompt({ now })
  using turn = session.interact({ input })
  return session.prompt({ now, interaction: turn })
}

/** The same session in a registry where nothing was rendered before. */
function restored(subject: Subject, { user, agent, session }: Cast): { session: ChatSession } {
  const registry = registryWith(subject)
  const again = ChatUser.restore(user.snapshot(), { registry }).user
  const other = AgentConfig.restore(agent.snapshot(), { registry }).agent
  return ChatSession.restore(session.snapshot(), { user: again, agent: other, registry })
}

function textOf({ parts }: Prompt, section: string | undefined): string | undefined {
  return parts.find((part) => part.section === section)?.text
}
