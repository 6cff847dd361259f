// What a tool's `execute` gets as its second argument, for the length of one call. The bags are those of the
// interaction, and are reached only when the tool asks for them: an untouched bag costs nothing.
import type { ChatSession, InteractionContext, RunContext } from '@retinue/kernel'
import type { CallSecrets } from './call-secrets.ts'
import type { Limit } from './time-limit.ts'

/** One call's side of the run. */
export class ToolRun implements RunContext {
  readonly interaction: InteractionContext
  readonly toolCallId: string
  readonly emit: (data: unknown) => void
  readonly secret: (item: object, field: string) => string
  readonly #limit: Limit

  constructor(
    toolCallId: string,
    interaction: InteractionContext,
    limit: Limit,
    secrets: CallSecrets,
    progress: (data: unknown) => void,
  ) {
    this.toolCallId = toolCallId
    this.interaction = interaction
    this.#limit = limit
    this.secret = (item, field) => secrets.read(item, field)
    // Whoever was stopped, and goes on all the same, is not heard.
    this.emit = (data) => {
      if (!limit.isReached) progress(secrets.redact(data))
    }
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
