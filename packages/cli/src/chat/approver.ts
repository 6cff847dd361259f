// Approvals: a call that wants a yes is shown whole, with nothing in it that could hide, and one question is asked at a
// time. "Always" holds for a tool, until the process ends. Where nobody can be asked, the answer is no.
import type { ApprovalAnswer, ApprovalRequest } from '@retinue/agent'
import { safeLine, safeText } from '../terminal/safe-text.ts'
import type { Screen } from '../terminal/screen.ts'
import { askText, choose, type Terminal } from '../terminal/question.ts'

/** How approvals are answered: by asking, or all alike. */
export type Answering = 'ask' | 'yes' | 'no'

/** What an approver needs. */
export interface ApproverOptions {
  readonly screen: Screen
  readonly answering: Answering
  /** Lends the keyboard for a question. */
  readonly lend: <T>(ask: (terminal: Terminal) => Promise<T>) => Promise<T>
  /** Ends the run that goes on: by whoever cancels a question. What waits is not asked then. */
  readonly aborter: () => AbortController
}

/** Answers the approval requests of runs. */
export class Approver {
  readonly #options: ApproverOptions
  readonly #always = new Set<string>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: ApproverOptions) {
    this.#options = options
  }

  /** Answers one request, after those before it. */
  readonly approve = (request: ApprovalRequest): Promise<ApprovalAnswer> => {
    const answer = this.#last.then(() => this.#answer(request))
    this.#last = answer.catch(() => undefined)
    return answer
  }

  async #answer(request: ApprovalRequest): Promise<ApprovalAnswer> {
    const { answering, lend } = this.#options
    if (answering === 'yes' || this.#always.has(request.toolName)) return true
    if (this.#options.aborter().signal.aborted) return false
    if (answering === 'no') {
      const { screen } = this.#options
      const name = safeLine(request.toolName)
      screen.aside(
        `${name}${within(request)} was refused: it wants a yes, and nobody can be asked here (--yes gives it).`,
        'yellow',
      )
      return { approved: false, reason: 'Nobody is there to ask.' }
    }
    return lend((terminal) => this.#ask(request, terminal))
  }

  async #ask(request: ApprovalRequest, terminal: Terminal): Promise<ApprovalAnswer> {
    const { screen } = this.#options
    const name = safeLine(request.toolName)
    screen.note(`${screen.style.yellow('?')} ${screen.style.bold(name)}${within(request)} asks for your yes:`)
    screen.note(describeInput(request.input, screen))
    return screen.during(() => this.#choose(request.toolName, terminal))
  }

  async #choose(toolName: string, terminal: Terminal): Promise<ApprovalAnswer> {
    const aborter = this.#options.aborter()
    const name = safeLine(toolName)
    const asked = { ...terminal, signal: aborter.signal }
    const answer = await choose(asked, `Run ${name}?`, [
      { value: 'yes', label: 'Yes' },
      { value: 'always', label: 'Always', hint: `every call of ${name} until you leave` },
      { value: 'no', label: 'No' },
      { value: 'why', label: 'No, and say why' },
    ])
    if (answer === undefined) {
      aborter.abort()
      return false
    }
    if (answer === 'always') this.#always.add(toolName)
    if (answer !== 'why') return answer !== 'no'
    const reason = await askText(asked, 'What should it do instead?')
    return { approved: false, ...(reason && { reason }) }
  }
}

/** Whose call it is where a run within another made it: the agents, and the tools by which they called each other. */
function within({ path }: ApprovalRequest): string {
  if (path.length < 2) return ''
  const names = path.flatMap(({ agent = 'an agent', toolName }) =>
    toolName === undefined ? [agent] : [toolName, agent],
  )
  return `, called by ${names.map(safeLine).join(' › ')},`
}

/** The whole input of a call, a field to a line, and texts of several lines as they are. */
export function describeInput(input: unknown, { style }: Pick<Screen, 'style'>): string {
  const fields: [string, unknown][] =
    typeof input === 'object' && input !== null ? Object.entries(input) : [['input', input]]
  return fields
    .map(([name, value]) => {
      const label = style.cyan(`${safeLine(name)}:`)
      const isLong = typeof value === 'string' && value.includes('\n')
      if (!isLong) return `  ${label} ${safeText(JSON.stringify(value) ?? 'nothing')}`
      const lines = safeText(value).split('\n')
      return [`  ${label}`, ...lines.map((line) => `  ${style.dim('│')} ${line}`)].join('\n')
    })
    .join('\n')
}
