// The spans of one run. A model call ends with its answer or its failure; a tool's execution when its result is told;
// whatever is open then ends with the run.
import { type Context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api'
import type { HookedWork, ModelHookAnswer, RunEvent } from '@retinue/agent'
import type { InteractionContext } from '@retinue/kernel'
import { definitions, inputMessages, instructions, json, outputMessages, response } from './content.ts'
import { GenAi, modelAttributes, requestAttributes, totalAttributes, usageAttributes } from './gen-ai.ts'

type Event<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>
type Work<K extends HookedWork['kind']> = Extract<HookedWork, { readonly kind: K }>

interface ModelCall {
  readonly span: Span
  readonly startedMs: number
  hasSpoken: boolean
}

/** The spans of a run. */
export class RunTrace {
  readonly #tracer: Tracer
  readonly #recordContent: boolean
  readonly #interaction: InteractionContext
  readonly #context: Context
  readonly #span: Span
  readonly #tools = new Map<string, { readonly span: Span; readonly context: Context }>()
  /** Model calls by their requests: one, or those that a compaction makes side by side. */
  readonly #models = new Map<object, ModelCall>()

  constructor(
    tracer: Tracer,
    recordContent: boolean,
    outer: Context,
    { model }: Event<'run-start'>,
    interaction: InteractionContext,
  ) {
    this.#tracer = tracer
    this.#recordContent = recordContent
    this.#interaction = interaction
    const name = interaction.session.agent?.name
    const attributes = {
      [GenAi.operation]: 'invoke_agent',
      [GenAi.conversation]: interaction.session.id,
      [GenAi.model]: model.modelId,
      ...(name !== undefined && { [GenAi.agent]: name }),
    }
    const title = name === undefined ? 'invoke_agent' : `invoke_agent ${name}`
    this.#span = tracer.startSpan(title, { kind: SpanKind.INTERNAL, attributes }, outer)
    this.#context = trace.setSpan(outer, this.#span)
  }

  /** What a run within this one hangs below: the tool's execution that started it, or the run. */
  contextOf(toolCallId: string | undefined): Context {
    return this.#tools.get(toolCallId ?? '')?.context ?? this.#context
  }

  take(event: RunEvent): void {
    const { type } = event
    if (type === 'text-delta' || type === 'reasoning-delta' || type === 'tool-input-start') this.#firstChunk()
    else if (type === 'tool-result') this.#endTool(event)
    else if (type === 'warning') this.#warn(event)
    else if (type === 'error') this.#fail(event)
    else if (type === 'finish') this.#end(event)
  }

  startModel({ model, request }: Work<'model'>): Context {
    const attributes = {
      [GenAi.operation]: 'chat',
      [GenAi.conversation]: this.#interaction.session.id,
      ...modelAttributes(model),
      ...requestAttributes(request),
    }
    const options = { kind: SpanKind.CLIENT, attributes }
    const span = this.#tracer.startSpan(`chat ${model.modelId}`, options, this.#context)
    this.#record(span, GenAi.instructions, () => instructions(request.prompt))
    this.#record(span, GenAi.input, () => inputMessages(request.prompt))
    this.#record(span, GenAi.definitions, () => definitions(request.tools ?? []))
    this.#models.set(request, { span, startedMs: performance.now(), hasSpoken: false })
    return trace.setSpan(this.#context, span)
  }

  endModel({ request, usage, finishReason, message, response: { id, modelId } }: ModelHookAnswer): void {
    const span = this.#models.get(request)?.span
    if (span === undefined) return
    span.setAttributes({
      ...usageAttributes(usage),
      [GenAi.finishReasons]: [finishReason],
      [GenAi.responseId]: id,
      [GenAi.responseModel]: modelId,
    })
    this.#record(span, GenAi.output, () => outputMessages(message, finishReason))
    this.#endModel(request)
  }

  failModel({ request }: Work<'model'>, error: unknown): void {
    const span = this.#models.get(request)?.span
    span?.setAttribute(GenAi.finishReasons, ['error'])
    const { name, code } = Object(error) as Failure
    // Whoever aborts gives what they like as the reason.
    if (!this.#interaction.signal.aborted) fail(span, code ?? name ?? '_OTHER', this.#reason(error))
    this.#endModel(request)
  }

  startTool({ toolCallId, toolName, input }: Work<'tool'>): Context {
    const attributes = {
      [GenAi.operation]: 'execute_tool',
      [GenAi.tool]: toolName,
      [GenAi.toolType]: 'function',
      [GenAi.toolCall]: toolCallId,
    }
    const options = { kind: SpanKind.INTERNAL, attributes }
    const span = this.#tracer.startSpan(`execute_tool ${toolName}`, options, this.#context)
    this.#record(span, GenAi.toolArguments, () => input)
    const own = trace.setSpan(this.#context, span)
    this.#tools.set(toolCallId, { span, context: own })
    return own
  }

  #endTool({ toolCallId, output }: Event<'tool-result'>): void {
    const span = this.#tools.get(toolCallId)?.span
    if (span === undefined) return
    this.#tools.delete(toolCallId)
    // An abort is no failure; and what a tool says of its failure is content, too.
    if (output.type.startsWith('error') && !this.#interaction.signal.aborted) fail(span, 'tool_error')
    this.#record(span, GenAi.toolResult, () => response(output))
    span.end()
  }

  /** Writes down what was said, where that is wanted and somebody keeps the span: the text grows with the history. */
  #record(span: Span, name: string, content: () => unknown): void {
    if (this.#recordContent && span.isRecording()) span.setAttribute(name, json(content()))
  }

  /** The call that is streamed: those of a compaction are not. */
  get #model(): ModelCall | undefined {
    return this.#models.values().next().value
  }

  #firstChunk(): void {
    const model = this.#model
    if (model === undefined || model.hasSpoken) return
    model.hasSpoken = true
    model.span.setAttribute(GenAi.timeToFirstChunk, (performance.now() - model.startedMs) / 1000)
  }

  /** An abort is no failure. */
  #fail({ code, error }: Event<'error'>): void {
    if (code !== 'RETINUE_RUN_ABORTED') fail(this.#span, code, this.#reason(error))
  }

  /** Why something failed, in words that are surely nobody's but a provider's. */
  #reason(error: unknown): string | undefined {
    const { code = '', message, cause } = Object(error) as Failure
    if (this.#recordContent) return message ?? String(error)
    if (!/^RETINUE_(MODEL|STREAM)_/.test(code) || quotes(error)) return undefined
    // What a server says that its provider can't read may hold what it was sent.
    const { responseBody, data, message: own } = Object(cause) as Failure
    return responseBody !== undefined && data === undefined ? own : message
  }

  #warn({ about, message }: Event<'warning'>): void {
    const attributes = { about, ...(this.#recordContent && { message }) }
    ;(this.#model?.span ?? this.#span).addEvent('retinue.warning', attributes)
  }

  #endModel(request: object): void {
    this.#models.get(request)?.span.end()
    this.#models.delete(request)
  }

  #end({ usage, finishReason }: Event<'finish'>): void {
    for (const { span } of [...this.#tools.values(), ...this.#models.values()]) span.end()
    this.#models.clear()
    this.#span.setAttributes({ ...totalAttributes(usage), [GenAi.finishReasons]: [finishReason] })
    this.#span.end()
  }
}

interface Failure {
  readonly name?: string
  readonly code?: string
  readonly message?: string
  readonly cause?: unknown
  readonly responseBody?: unknown
  /** What the provider has read in that. */
  readonly data?: unknown
}

/** Whether a failure, or what caused it, quotes an answer: as the AI SDK's do, where one is not what it can read. */
function quotes(error: unknown, depth = 0): boolean {
  const { name = '', cause } = Object(error) as Failure
  if (/^AI_(JSONParse|TypeValidation|InvalidResponseData)Error$/.test(name)) return true
  return cause !== undefined && depth < 5 && quotes(cause, depth + 1)
}

function fail(span: Span | undefined, type: string, message?: string): void {
  span?.setAttribute('error.type', type)
  span?.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) })
}
