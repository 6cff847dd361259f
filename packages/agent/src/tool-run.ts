// What a tool's `execute` gets as its second argument, for the length of one call. The bags are those of the
// interaction, and are reached only when the tool asks for them: an untouched bag costs nothing.
import {
  homeOf,
  type ChatSession,
  type InteractionContext,
  type Json,
  type RunContext,
  type ToolCallPart,
} from '@retinue/kernel'
import type { CallSecrets } from './call-secrets.ts'
import type { Limit } from './time-limit.ts'
import { jsonCopy } from './tool-json.ts'

/** One call's side of the run. */
export class ToolRun implements RunContext {
  readonly interaction: InteractionContext
  readonly toolCallId: string
  readonly #toolName: string
  readonly #limit: Limit
  readonly #secrets: CallSecrets
  readonly #progress: (data: Json) => void

  constructor(
    { toolCallId, toolName }: ToolCallPart,
    interaction: InteractionContext,
    limit: Limit,
    secrets: CallSecrets,
    progress: (data: Json) => void,
  ) {
    this.toolCallId = toolCallId
    this.#toolName = toolName
    this.interaction = interaction
    this.#limit = limit
    this.#secrets = secrets
    this.#progress = progress
  }

  readonly secret = (item: object, field: string): string => this.#secrets.read(item, field)

  /** Whoever goes on after its call has ended or was stopped is not heard. Throws where what is told is not JSON. */
  readonly emit = (data: unknown): void => {
    if (!this.#limit.isReached && this.#secrets.isOpen)
      this.#progress(this.#secrets.redact(jsonCopy(data, 'emitted')))
  }

  get signal(): AbortSignal {
    return this.#limit.signal
  }

  /** Whether the call was stopped. */
  get isStopped(): boolean {
    return this.#limit.isReached
  }

  get session(): ChatSession {
    return this.interaction.session
  }

  get user(): RunContext['user'] {
    return this.interaction.session.user
  }

  get home(): RunContext['home'] {
    return homeOf(this.interaction, this.#toolName)
  }

  get config(): RunContext['config'] {
    return this.interaction.config
  }

  get context(): RunContext['context'] {
    return this.interaction.context
  }

  get sections(): RunContext['sections'] {
    return this.interaction.sections
  }
}
