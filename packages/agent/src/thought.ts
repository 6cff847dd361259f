// Tools in which a model thinks: a field of their input is a thought. It is told as reasoning while it is written, and
// the model sees it to the end of the turn; later turns are not shown it, as providers do with reasoning of their own.
// The call is marked with its field, so that this holds when the tool is gone, too.
import type { Message, ToolCallPart } from '@retinue/kernel'
import { withoutMetadata } from './provider-part.ts'

type Part = Message['parts'][number]

/** Marks a call with the field that is its thought. */
export function withThoughtMark(call: ToolCallPart, field: string): ToolCallPart {
  return { ...call, providerMetadata: { ...call.providerMetadata, [markKey]: { field } } }
}

/** Whether a message holds a thought. */
export function holdsThought({ role, parts }: Message): boolean {
  if (role === 'assistant')
    for (const { providerMetadata } of parts) if (providerMetadata?.[markKey] !== undefined) return true
  return false
}

/** A message as providers get it: without marks, and where its turn is over without what was thought. */
export function withoutThoughts(message: Message, isOver: boolean): Message {
  return { ...message, parts: message.parts.map((part) => withoutThought(part, isOver)) } as Message
}

function withoutThought(part: Part, isOver: boolean): Part {
  const mark = part.providerMetadata?.[markKey]
  if (mark === undefined) return part
  const call = withoutMetadata(part as ToolCallPart, markKey)
  const { input } = call
  if (!isOver || typeof input !== 'object' || input === null) return call
  const shown = Object.assign({}, input, { [mark['field'] as string]: forgotten })
  return { ...call, input: shown }
}

const markKey = 'retinue-thought'
const forgotten = '[thought in an earlier turn]'
