// The prompts of a server: templates that people pick, and that an application puts into a session as messages.
import type { GetPromptResult, Prompt } from '@modelcontextprotocol/client'
import type { Message } from '@retinue/kernel'
import { cleaned } from './foreign-text.ts'
import { limitedParts, partOf, type ResultLimits } from './result-parts.ts'

/** A prompt as a server offers it. */
export interface McpPrompt {
  readonly name: string
  readonly description: string
  readonly arguments: readonly {
    readonly name: string
    readonly description: string
    readonly required: boolean
  }[]
}

/** A prompt, its texts cleaned. */
export function promptOf({ name, title, description, arguments: given = [] }: Prompt): McpPrompt {
  return {
    name,
    description: cleaned(description ?? title ?? '', 1000),
    arguments: given.map((each) => ({
      name: each.name,
      description: cleaned(each.description ?? '', 500),
      required: each.required === true,
    })),
  }
}

/** The messages that a prompt comes to, as a session keeps them. */
export function messagesOf({ messages }: GetPromptResult, limits: ResultLimits): Message[] {
  return messages.map(({ role, content }) => ({ role, parts: limitedParts([partOf(content)], limits) }))
}
