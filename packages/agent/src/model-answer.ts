// What a model says in one call, put together from the parts of its stream, whatever version of the interface they
// come in. It turns them into the run's events as they arrive, and into one message when they end or are cut off.
import type {
  LanguageModelV2StreamPart,
  LanguageModelV3StreamPart,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'
import type { AssistantMessage, FilePart, Json, ProviderPart, ToolCallPart } from '@retinue/kernel'
import {
  type Block,
  hasContent,
  isOwn,
  isSaid,
  messagePart,
  type Metadata,
  metadataOf,
  plain,
  type WholePart,
} from './answer-part.ts'
import { type CallIds, freeId } from './call-ids.ts'
import { type FinishReason, readFinishReason } from './finish-reason.ts'
import { generatedFile } from './generated-file.ts'
import { type Model, nameOf } from './model.ts'
import { warningText } from './model-warning.ts'
import { PartialJson } from './partial-json.ts'
import type { RunEvent } from './run-event.ts'
import type { ModelResponse } from './run-hooks.ts'
import { questionType } from './provider-approval.ts'
import { providerCallId } from './provider-part.ts'
import { withThoughtMark } from './thought.ts'
import { readToolInput, type ToolInput } from './tool-input.ts'
import { addUsage, noUsage, readUsage, type Usage } from './usage.ts'

/** A part of a model's stream, in any version of the interface. */
export type StreamPart = LanguageModelV2StreamPart | LanguageModelV3StreamPart | LanguageModelV4StreamPart

/** A tool call that the model has made: the part of the message, and its input as it came. */
export interface MadeCall {
  readonly part: ToolCallPart
  readonly input: ToolInput
}

/** One answer of a model, growing with each part of its stream. */
export class ModelAnswer {
  readonly calls: MadeCall[] = []
  usage: Usage = noUsage
  /** How the provider names it. */
  response: ModelResponse = {}
  /** Whether the provider asks for approval of a call that it would run itself. */
  asks = false
  /** Set by the stream's last part, and only if its provider says that the answer is whole. */
  finishReason: FinishReason | undefined
  /** What the provider calls that reason, by interfaces from version 3 on. */
  rawReason: string | undefined
  readonly #emit: (event: RunEvent) => void
  readonly #callIds: CallIds
  readonly #prefix: string
  #ids: Set<string> | undefined
  readonly #parts: (Block | WholePart)[] = []
  /** What earlier attempts have used. */
  #before = noUsage
  /** The calls whose input is being written; there once one has begun. */
  #inputs: Set<string> | undefined
  /** Blocks that have no end yet, by what the provider calls them: one, nearly always. */
  readonly #open = { text: new Map<string, Block>(), reasoning: new Map<string, Block>() }
  readonly #thoughtField: ((toolName: string) => string | undefined) | undefined
  /** What is thought in calls that are being written, by their ids. */
  #thoughts: Map<string, Thought> | undefined

  /**
   * `step` makes the ids of blocks unique within the run: providers count from 0 in each call. `thoughtField` tells
   * which field of a tool's input is a thought.
   */
  constructor(
    step: number,
    callIds: CallIds,
    emit: (event: RunEvent) => void,
    thoughtField?: (toolName: string) => string | undefined,
  ) {
    this.#prefix = `${step}:`
    this.#callIds = callIds
    this.#emit = emit
    this.#thoughtField = thoughtField
  }

  /** Whether nothing has been said yet, so that the call can be made again unseen. */
  get isEmpty(): boolean {
    return this.#inputs === undefined && !this.#parts.some(isSaid)
  }

  /** How the model call has ended. */
  get end(): FinishReason {
    // Anthropic's servers pause in long work of their own, and go on where they get the answer back.
    if (this.calls.length > 0 || this.asks || this.rawReason === 'pause_turn') return 'tool-calls'
    const { finishReason = 'stop' } = this
    return finishReason === 'tool-calls' ? 'stop' : finishReason
  }

  /** Forgets the blocks that an attempt had only begun. */
  restart(): void {
    this.close()
    this.#parts.length = 0
    this.#before = this.usage
    this.response = {}
    this.finishReason = undefined
  }

  /** Its texts: some models say in one what they are about to do, and answer in another. */
  get texts(): readonly string[] {
    const texts: string[] = []
    for (const part of this.#parts) if (part.type === 'text') texts.push(part.text)
    return texts
  }

  /** The answer of a model as a message; `undefined` where nothing was said. */
  message(model: Model, partial = false): AssistantMessage | undefined {
    if (!this.#parts.some(isSaid)) return undefined
    const parts = this.#parts.filter(hasContent).map((part) => messagePart(part, model.provider))
    return {
      role: 'assistant',
      parts,
      ...(parts.some(isOwn) && { model: nameOf(model) }),
      ...(partial && { partial }),
    }
  }

  /** Ends the blocks and inputs that the stream left open, for whoever shows them. */
  close(): void {
    this.#inputs?.forEach((toolCallId) => this.#endInput(toolCallId))
    for (const type of ['reasoning', 'text'] as const)
      for (const block of this.#open[type].values()) this.#endBlock(block)
  }

  /**
   * Takes in the next part.
   * @throws what an `error` part carries: a provider that sends one has given up on the answer.
   */
  take(part: StreamPart): void {
    switch (part.type) {
      case 'text-start':
        return void this.#startBlock('text', part)
      case 'text-delta':
        return this.#addToBlock('text', part)
      case 'text-end':
        return this.#end('text', part)
      case 'reasoning-start':
        return void this.#startBlock('reasoning', part)
      case 'reasoning-delta':
        return this.#addToBlock('reasoning', part)
      case 'reasoning-end':
        return this.#end('reasoning', part)
      case 'tool-input-start': {
        const toolCallId = this.#callIds.open(part.id, part.providerExecuted)
        if (this.#inputs?.has(toolCallId) === true) return
        ;(this.#inputs ??= new Set()).add(toolCallId)
        this.#emit({ type: 'tool-input-start', toolCallId, toolName: part.toolName })
        return void this.#think(toolCallId, part.toolName)
      }
      case 'tool-input-delta': {
        const toolCallId = this.#callIds.open(part.id)
        if (this.#inputs?.has(toolCallId) !== true) return
        this.#emit({ type: 'tool-input-delta', toolCallId, delta: part.delta })
        const thought = this.#thoughts?.get(toolCallId)
        thought?.json.add(part.delta)
        if (thought?.json.isDue() === true) this.#tellThought(thought, thought.json.value())
        return
      }
      case 'tool-input-end':
        return this.#endInput(this.#callIds.open(part.id))
      case 'tool-call':
        return this.#call(part)
      case 'tool-result':
        return this.#providerResult(part)
      case 'tool-approval-request':
        return this.#question(part)
      case 'file':
        return this.#file(part)
      case 'source':
        return this.#source(part)
      case 'stream-start':
        return part.warnings.forEach((warning) => this.#warn(warningText(warning)))
      case 'finish':
        this.usage = addUsage(this.#before, readUsage(part.usage))
        this.finishReason = readFinishReason(part.finishReason)
        this.rawReason = (part.finishReason as { raw?: string }).raw
        return
      case 'error':
        throw part.error
      case 'response-metadata': {
        const { id = this.response.id, modelId = this.response.modelId } = part
        this.response = { ...(id !== undefined && { id }), ...(modelId !== undefined && { modelId }) }
        return
      }
      case 'custom':
        if (part.kind === 'anthropic.message_start') return // it tells of the stream, and is no content
        return this.#keepOwn({ type: 'custom', kind: part.kind }, part.providerMetadata)
      case 'reasoning-file':
        return this.#keepOwn({ ...generatedFile(part), type: 'reasoning-file' }, part.providerMetadata)
      case 'ping':
      case 'raw':
        return
      default:
        // A later version of the interface may send what is not known here.
        part satisfies never
    }
  }

  #startBlock(type: Block['type'], part: BlockPart): Block {
    const block = this.#begin(type, part)
    this.#parts.push(block)
    return block
  }

  #begin(type: Block['type'], { id, providerMetadata }: BlockPart): Block {
    const before = this.#open[type].get(id)
    if (before !== undefined) this.#endBlock(before)
    const unique = this.#unique(this.#prefix + id)
    const block: Block = { type, key: id, id: unique, text: '', metadata: providerMetadata }
    this.#open[type].set(id, block)
    this.#emit({ type: eventTypes[type].start, id: block.id })
    return block
  }

  /** Begins to tell a thought as reasoning, where the tool takes one; what is kept of it is the call. */
  #think(toolCallId: string, toolName: string): Thought | undefined {
    const field = this.#thoughtField?.(toolName)
    if (field === undefined) return undefined
    const block = this.#begin('reasoning', { id: toolCallId })
    const thought = { field, block, json: new PartialJson() }
    ;(this.#thoughts ??= new Map()).set(toolCallId, thought)
    return thought
  }

  /** Tells what an input has more of a thought than was told. */
  #tellThought({ field, block }: Thought, input: unknown): void {
    const text = (input as Readonly<Record<string, unknown>> | null | undefined)?.[field]
    if (typeof text === 'string' && text.startsWith(block.text))
      this.#extend(block, text.slice(block.text.length))
  }

  /** Servers give one id to several blocks, and a call that is made again begins its blocks anew. */
  #unique(id: string): string {
    const ids = (this.#ids ??= new Set())
    const own = freeId(id, (each) => ids.has(each))
    ids.add(own)
    return own
  }

  #addToBlock(type: Block['type'], part: BlockPart & { readonly delta: string }): void {
    const block = this.#open[type].get(part.id) ?? this.#startBlock(type, part)
    if (part.providerMetadata !== undefined) block.metadata = part.providerMetadata
    this.#extend(block, part.delta)
  }

  #extend(block: Block, delta: string): void {
    block.text += delta
    if (delta !== '') this.#emit({ type: eventTypes[block.type].delta, id: block.id, delta })
  }

  #end(type: Block['type'], part: BlockPart): void {
    const block = this.#open[type].get(part.id)
    if (block === undefined) return
    if (part.providerMetadata !== undefined) block.metadata = part.providerMetadata
    this.#endBlock(block)
  }

  #endBlock({ type, key, id }: Block): void {
    this.#open[type].delete(key)
    this.#emit({ type: eventTypes[type].end, id })
  }

  #endInput(toolCallId: string): void {
    if (this.#inputs?.delete(toolCallId) === true) this.#emit({ type: 'tool-input-end', toolCallId })
  }

  #call(part: Extract<StreamPart, { type: 'tool-call' }>): void {
    const { toolName } = part
    const toolCallId = this.#callIds.close(part.toolCallId, part.providerExecuted)
    this.#endInput(toolCallId)
    const input = readToolInput(part.input)
    const event = { type: 'tool-call', toolCallId, toolName, input: input.value } as const
    if (part.providerExecuted === true) {
      const own = { ...event, providerExecuted: true } as const
      this.#keepOwn(own, part.providerMetadata)
      return this.#emit(own)
    }
    const made: ToolCallPart = { ...event, ...metadataOf(part.providerMetadata) }
    const thought = this.#thoughts?.get(toolCallId) ?? this.#think(toolCallId, toolName)
    if (thought !== undefined) {
      this.#tellThought(thought, input.value)
      this.#endBlock(thought.block)
    }
    const call = thought === undefined ? made : withThoughtMark(made, thought.field)
    this.#parts.push(call)
    this.calls.push({ part: call, input })
    this.#emit(event)
  }

  #providerResult(part: Extract<StreamPart, { type: 'tool-result' }>): void {
    if ('preliminary' in part && part.preliminary === true) return
    const { toolCallId, toolName, isError } = part
    const output = {
      type: isError === true ? 'error-json' : 'json',
      value: plain<Json>(part.result ?? null),
    } as const
    const result = { type: 'tool-result', toolCallId, toolName, output } as const
    this.#keepOwn(result, part.providerMetadata)
    this.#emit({ ...result, providerExecuted: true })
  }

  #question(part: Extract<StreamPart, { type: 'tool-approval-request' }>): void {
    const { approvalId, toolCallId } = part
    if (!this.#parts.some((each) => providerCallId(each) === toolCallId))
      return this.#warn('The provider asks for approval of a call that it has not made.')
    this.asks = true
    this.#keepOwn({ type: questionType, approvalId, toolCallId }, part.providerMetadata)
  }

  /** Keeps what only the provider understands, in the form in which requests hold it. */
  #keepOwn(content: ProviderPart['content'], metadata: Metadata): void {
    this.#parts.push({ type: 'provider', content, ...metadataOf(metadata) })
  }

  #file(part: Extract<StreamPart, { type: 'file' }>): void {
    const metadata = 'providerMetadata' in part ? part.providerMetadata : undefined
    const file: FilePart = { ...generatedFile(part), ...metadataOf(metadata) }
    this.#parts.push(file)
    this.#emit({ type: 'file', file })
  }

  #source(part: Extract<StreamPart, { type: 'source' }>): void {
    const { id, title } = part
    const url = part.sourceType === 'url' ? part.url : undefined
    this.#emit({
      type: 'source',
      id,
      ...(url !== undefined && { url }),
      ...(title !== undefined && { title }),
    })
  }

  #warn(message: string): void {
    this.#emit({ type: 'warning', about: 'model', message })
  }
}

/** Written out, because a text that is put together for each delta costs more than the delta. */
const eventTypes = {
  text: { start: 'text-start', delta: 'text-delta', end: 'text-end' },
  reasoning: { start: 'reasoning-start', delta: 'reasoning-delta', end: 'reasoning-end' },
} as const

/** A thought while it is written. */
interface Thought {
  /** The field of the input that it is. */
  readonly field: string
  readonly block: Block
  readonly json: PartialJson
}

interface BlockPart {
  readonly id: string
  readonly providerMetadata?: NonNullable<Metadata>
}
