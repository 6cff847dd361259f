// The prompts of a server: templates that people pick, and that an application puts into a session as messages.
import type { GetPromptResult, Prompt, PromptMessage } from '@modelcontextprotocol/client'
import type { Message } from '@retinue/kernel'
import { cleaned } from './foreign-text.ts'
import { partOf, type ResultLimits, type ResultPart, Room } from './result-parts.ts'

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
      required: each.required ?? false,
    })),
  }
}

/** The messages that a prompt comes to, as a session keeps them: all of them together within the limits. */
export function messagesOf({ messages }: GetPromptResult, limits: ResultLimits): Message[] {
  const room = new Room(limits)
  const kept: { readonly role: PromptMessage['role']; readonly parts: ResultPart[] }[] = []
  for (const { role, content } of messages) {
    if (room.isFull) break
    kept.push({ role, parts: room.keep([partOf(content)]) })
  }
  const beyond = messages.length - kept.length
  if (beyond > 0) kept.at(-1)!.parts.push({ type: 'text', text: `[${beyond} more messages were left out.]` })
  return kept
}
