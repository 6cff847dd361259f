// Who asks for an approval. Runs are within runs: a person who is asked has to see whose call it is that they answer.
import type { ChatSession, Json } from '@retinue/kernel'
import type { Messages } from './messages.ts'

/** A run that asks, or that such a run is within. */
export interface Asker {
  /** The name of its session's agent. */
  readonly agent?: string
  readonly sessionId: string
  /** The call of the run before it whose tool started it, where the tool passed its run as `parent`. */
  readonly toolCallId?: string
  readonly toolName?: string
}

/** Describes a run of a session that the tool of a call has started; the call is one of those messages. */
export function askerOf(session: ChatSession, messages?: Messages, toolCallId?: string): Asker {
  const { id: sessionId, agent } = session
  const toolName = toolCallId === undefined ? undefined : toolNameOf(messages!, toolCallId)
  return {
    ...(agent !== undefined && { agent: agent.name }),
    sessionId,
    ...(toolCallId !== undefined && { toolCallId }),
    ...(toolName !== undefined && { toolName }),
  }
}

/**
 * Who asks: the run and those that it is within; or who asked when the question was kept, where this run is within none
 * and goes on with what one within others, which may be gone, has left open.
 */
export function askersOf(kept: Json | undefined, path: readonly Asker[]): readonly Asker[] {
  const isKept = path.length < 2 && Array.isArray(kept) && kept.length > 0 && kept.every(isAsker)
  return isKept ? (kept as readonly Asker[]) : path
}

function isAsker(value: unknown): boolean {
  const { sessionId, ...others } = (value ?? {}) as Readonly<Record<string, unknown>>
  return typeof sessionId === 'string' && Object.values(others).every((each) => typeof each === 'string')
}

function toolNameOf(messages: Messages, id: string): string | undefined {
  for (let i = messages.length - 1; i >= 0; i--) {
    for (const part of messages.at(i)!.parts)
      if (part.type === 'tool-call' && part.toolCallId === id) return part.toolName
  }
  return undefined
}
