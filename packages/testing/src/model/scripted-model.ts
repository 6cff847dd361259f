// A model that does what a test wrote down for it, step by step, with no latency. It keeps each request as it was when
// it came, refuses calls that its script does not have, and tells which steps nobody used.
import type {
  LanguageModelV2,
  LanguageModelV3,
  LanguageModelV4,
  LanguageModelV4CallOptions,
} from '@ai-sdk/provider'
import { checkOptions, type KnownOptions, option, RetinueError } from '@retinue/kernel'
import { answerInShort } from '../answer-in-short.ts'
import { generation } from './generation.ts'
import type { ScriptedAnswer, ScriptedCall, ScriptedRequest, ScriptedStep } from './step.ts'
import { answerParts, type ProviderVersion } from './stream-parts.ts'

interface Models {
  v2: LanguageModelV2
  v3: LanguageModelV3
  v4: LanguageModelV4
}

/** What a script is asked about. */
export interface Script {
  /** Every request so far, each as it was when it came. */
  readonly requests: readonly ScriptedRequest[]
  /** The number of steps that no call has used. */
  readonly unused: number
  /**
   * Checks that the model was called as often as its script has steps: call it at the end of a test, or let
   * `using model = scriptedModel([…])` do so.
   * @throws {RETINUE_SCRIPT_UNUSED}, {RETINUE_SCRIPT_ENDED}
   */
  done(): void
  [Symbol.dispose](): void
}

/** A model of the provider interface that plays a script. */
export type ScriptedModel<V extends ProviderVersion = 'v4'> = Models[V] & Script

/**
 * Makes a model that plays a script, a step for each call. A call beyond its last step fails.
 *
 * @example
 * using model = scriptedModel([{ calls: [{ tool: 'clock_now', input: {} }] }, 'It is noon.'])
 * const { text } = await run(session, 'What time is it?', { model }).result
 * model.requests[1].prompt.at(-1) // the result of the tool, as the model was shown it
 */
export function scriptedModel(steps: readonly ScriptedStep[]): ScriptedModel
/** `version` speaks an older version of the provider interface. */
export function scriptedModel<V extends ProviderVersion>(
  steps: readonly ScriptedStep[],
  options: { readonly version: V },
): ScriptedModel<V>
export function scriptedModel(
  steps: readonly ScriptedStep[],
  options: { readonly version?: ProviderVersion } = {},
): unknown {
  checkOptions('scriptedModel()', options, { version: option.oneOf('v2', 'v3', 'v4') })
  if (!Array.isArray(steps)) {
    throw new RetinueError('RETINUE_SCRIPT_STEP', 'A script is a list of steps.', {
      hint: "Write scriptedModel(['Hello.']), also for one.",
    })
  }
  return new Player(steps, options.version ?? 'v4')
}

class Player implements Script {
  readonly specificationVersion: ProviderVersion
  readonly provider = 'test'
  readonly modelId = 'scripted'
  readonly supportedUrls = {}
  readonly requests: ScriptedRequest[] = []
  readonly #steps: readonly ScriptedStep[]

  constructor(steps: readonly ScriptedStep[], version: ProviderVersion) {
    this.#steps = [...steps]
    this.specificationVersion = version
  }

  get unused(): number {
    return Math.max(0, this.#steps.length - this.requests.length)
  }

  done(): void {
    if (this.requests.length > this.#steps.length) throw this.#ended()
    if (this.unused > 0) throw this.#unused()
  }

  [Symbol.dispose](): void {
    this.done()
  }

  async doStream(options: LanguageModelV4CallOptions): Promise<{ stream: ReadableStream }> {
    return { stream: streamOf(await this.#next(options)) }
  }

  async doGenerate(options: LanguageModelV4CallOptions): Promise<object> {
    return generation(asAsync(await this.#next(options)))
  }

  async #next(options: LanguageModelV4CallOptions): Promise<Iterable<object> | AsyncIterable<object>> {
    const request = copy(options)
    const count = this.requests.push(request)
    if (count > this.#steps.length) throw this.#ended()
    let step = this.#steps[count - 1]!
    while (typeof step === 'function') step = await step(request)
    if (step instanceof Error) throw step
    if (typeof step === 'string') return answerParts({ text: step }, count, this.specificationVersion)
    if (isIterable(step)) return checkedParts(step)
    const answer = answerInShort(step, fields)
    checkOptions('A step of a script', answer, fields, 'RETINUE_SCRIPT_STEP')
    checkCalls(answer.calls)
    checkUsage(answer.usage)
    return answerParts(answer, count, this.specificationVersion)
  }

  #ended(): RetinueError {
    const { length } = this.#steps
    const asked = JSON.stringify(this.requests[length]!.prompt.at(-1))
    return new RetinueError(
      'RETINUE_SCRIPT_ENDED',
      `The script has ${steps(length)}, and the model was called ${times(this.requests.length)}.`,
      {
        hint: `Add a step for what it was asked after the last one: ${shortened(asked)}`,
        details: { steps: length, requests: this.requests.length },
      },
    )
  }

  #unused(): RetinueError {
    const { length } = this.#steps
    const next = this.#steps[this.requests.length]
    return new RetinueError(
      'RETINUE_SCRIPT_UNUSED',
      `The script has ${steps(length)}, and the model was called ${times(this.requests.length)}.`,
      {
        hint: `Take out what is not asked for, or find out why nobody asked. The next step is: ${told(next)}`,
        details: { steps: length, requests: this.requests.length },
      },
    )
  }
}

const fields: KnownOptions<ScriptedAnswer> = {
  reasoning: option.text,
  text: option.text,
  calls: option.any, // looked at by themselves, as is usage
  usage: option.any,
  finish: option.oneOf('stop', 'length', 'content-filter', 'tool-calls', 'other', 'error'),
  cut: ['true, or an error', (cut) => cut === true || cut instanceof Error],
}

/** A list of steps in the place of a step would play as a stream that breaks off. */
function checkedParts(parts: Iterable<object> | AsyncIterable<object>): typeof parts {
  const isPart = (part: unknown): boolean => typeof (Object(part) as { type?: unknown }).type === 'string'
  if (!Array.isArray(parts) || parts.every(isPart)) return parts
  throw new RetinueError('RETINUE_SCRIPT_STEP', 'A list as a step of a script is no list of raw parts.', {
    hint: "Write each step for itself: scriptedModel(['Hello.', 'Hello again.']).",
  })
}

/** A call by a misspelt name would be a call of nothing. */
function checkCalls(calls: ScriptedAnswer['calls'] = []): void {
  const isCall = (call: unknown): boolean =>
    typeof call === 'object' &&
    call !== null &&
    typeof (call as ScriptedCall).tool === 'string' &&
    Object.keys(call).every((key) => key === 'tool' || key === 'input' || key === 'id')
  if (Array.isArray(calls) && calls.every(isCall)) return
  throw new RetinueError('RETINUE_SCRIPT_STEP', 'The calls of a step are no list of calls.', {
    hint: "Write calls: [{ tool: 'web_search', input: { query: 'x' } }], with an id where one is wanted.",
  })
}

function checkUsage(usage: ScriptedAnswer['usage'] = [0, 0]): void {
  if (Array.isArray(usage) && usage.length === 2 && usage.every(Number.isFinite)) return
  throw new RetinueError('RETINUE_SCRIPT_STEP', 'The usage of a step is no pair of numbers.', {
    hint: 'Write usage: [10, 5], for ten tokens in and five out.',
  })
}

function isIterable(step: object): step is Iterable<object> | AsyncIterable<object> {
  const { [Symbol.iterator]: one, [Symbol.asyncIterator]: other } = (step ?? {}) as Partial<
    Iterable<object> & AsyncIterable<object>
  >
  return one !== undefined || other !== undefined
}

function steps(count: number): string {
  return count === 1 ? '1 step' : `${count} steps`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function told(step: ScriptedStep | undefined): string {
  if (typeof step === 'function') return 'a function'
  return step instanceof Error ? String(step) : shortened(JSON.stringify(step) ?? 'none')
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`
}

/** A deep copy; signals and addresses stay what they are, and `structuredClone` refuses them. */
function copy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copy) as T
  if (typeof value !== 'object' || value === null) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)])) as T
}

async function* asAsync(parts: Iterable<object> | AsyncIterable<object>): AsyncGenerator<object> {
  yield* parts
}

/** A stream that asks for a part when it is read, and not before. */
function streamOf(parts: Iterable<object> | AsyncIterable<object>): ReadableStream {
  const iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}
