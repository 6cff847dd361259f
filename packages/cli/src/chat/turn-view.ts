// A run as a person sees it: the answer as it is written, each tool call with what came of it, what went wrong, and in
// the live row whatever goes on just now. Of runs within tools the calls are shown, and the words in the live row.
import type { RunEvent, Usage } from '@retinue/agent'
import type { Message, ToolCallPart } from '@retinue/kernel'
import { counted, duration } from '../figures.ts'
import { safeLine } from '../terminal/safe-text.ts'
import type { Screen } from '../terminal/screen.ts'
import { CallView, waiting } from './call-view.ts'

/** Shows the events of runs; the quiet one, nothing but answers and what went wrong. */
export class TurnView {
  readonly #screen: Screen
  readonly #calls: CallView
  readonly #isQuiet: boolean
  #words = ''
  #since = Date.now()

  constructor(screen: Screen, isQuiet = false) {
    this.#screen = screen
    this.#calls = new CallView(screen)
    this.#isQuiet = isQuiet
  }

  /** Shows the calls that a run goes on with: no event tells that they begin again. */
  goOn(messages: readonly Message[]): void {
    const last = messages.findLastIndex(({ role }) => role === 'assistant')
    const open = new Map<string, ToolCallPart>()
    for (const { parts } of last < 0 ? [] : messages.slice(last))
      for (const part of parts)
        if (part.type === 'tool-call') open.set(part.toolCallId, part)
        else if (part.type === 'tool-result') open.delete(part.toolCallId)
    for (const { toolCallId, toolName, input } of open.values())
      this.#calls.begin({ run: '', depth: 0, toolCallId }, toolName, input)
  }

  /** Shows no more what goes on: a run is over, or never began. */
  clear(): void {
    this.#screen.live('')
    this.#calls.clear()
  }

  show(event: RunEvent): void {
    if (this.#isQuiet && !loud.has(event.type)) return
    switch (event.type) {
      case 'run-start':
        this.#since = Date.now()
        this.#calls.showOpen() // or room is made in the history first
        break
      case 'step-start':
        this.#screen.live(waiting)
        break
      case 'compaction': {
        const [before, after] = [event.tokensBefore, event.tokensAfter].map((each) =>
          each.toLocaleString('en'),
        )
        this.#screen.aside(
          `What the model is shown of the conversation was cut from ${before} tokens to ${after}.`,
        )
        break
      }
      case 'text-delta':
        this.#screen.answer(event.delta)
        break
      case 'text-end':
        this.#screen.endAnswer()
        break
      case 'file':
        this.#screen.aside(`a file of the type ${safeLine(event.file.mediaType)}`)
        break
      case 'source':
        this.#screen.aside(`source: ${safeLine(event.title ?? '')} ${safeLine(event.url ?? '')}`)
        break
      case 'warning':
        // What tools a session lacks was said when it was opened.
        if (event.about !== 'tools') this.#screen.aside(safeLine(event.message), 'yellow')
        break
      case 'finish':
        this.clear()
        this.#showEnd(event.finishReason, event.steps, event.usage)
        break
      case 'child':
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
      case 'tool-call':
      case 'approval-request':
      case 'tool-progress':
      case 'tool-result':
        this.#showWork(event, '', 0)
        break
      case 'text-start':
      case 'partial-output':
      case 'usage':
      case 'step-finish':
      case 'error':
        break // told by what follows, or by whoever started the run
    }
  }

  /** What a run does before it answers, and what the runs within it do. */
  #showWork(event: RunEvent, run: string, depth: number): void {
    const at = 'toolCallId' in event ? { run, depth, toolCallId: event.toolCallId ?? '' } : undefined
    if (event.type === 'child') this.#showWork(event.event, event.runId, depth + 1)
    else if (event.type === 'reasoning-delta' || event.type === 'text-delta') this.#think(event.delta)
    else if (event.type === 'reasoning-end' || event.type === 'text-end') this.#words = ''
    else if (event.type === 'tool-input-start') this.#screen.live(`… writes a call of ${event.toolName}`)
    else if (event.type === 'tool-call') this.#calls.begin(at!, event.toolName, event.input)
    else if (event.type === 'approval-request') this.#calls.ask(at!, event.toolName, event.input)
    else if (event.type === 'tool-progress') this.#calls.progress(at!, event.data)
    else if (event.type === 'tool-result') this.#calls.end(at!, event.toolName, event.output)
  }

  #think(delta: string): void {
    this.#words = (this.#words + delta).slice(-400)
    this.#screen.live(`… ${this.#words}`, 'end')
  }

  #showEnd(finishReason: string, steps: number, usage: Usage): void {
    const why = endings[finishReason]
    if (why !== undefined) this.#screen.aside(why, 'yellow')
    if (!this.#screen.notes.isTTY || this.#isQuiet || usage.totalTokens === 0) return
    const { inputTokens, outputTokens, cacheReadTokens: cached } = usage
    const facts = [
      counted(steps, 'step'),
      `${inputTokens.toLocaleString('en')} tokens in`,
      ...(cached > 0 ? [`${cached.toLocaleString('en')} from the cache`] : []),
      `${outputTokens.toLocaleString('en')} out`,
      duration(Date.now() - this.#since),
    ]
    this.#screen.aside(facts.join(', '))
  }
}

const loud: ReadonlySet<RunEvent['type']> = new Set(['text-delta', 'text-end', 'warning', 'finish'])

/** What a person should know of an end that is no answer. */
const endings: Readonly<Record<string, string>> = {
  length: 'The model stopped at its limit of tokens: the answer is cut short.',
  'content-filter': 'The provider stopped the model.',
  'stop-when': 'Stopped by stopWhen of the configuration; /continue goes on.',
  'max-steps': 'Stopped at the limit of steps; /continue goes on.',
  budget: 'Stopped at the budget; /continue goes on.',
  aborted: 'Aborted. What was said until then is kept.',
}
