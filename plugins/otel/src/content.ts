// What was said, in the form of the conventions: messages of parts, as JSON text. Files are told by their type and
// where they are, and never copied.
import type { HookedWork, ModelHookAnswer } from '@retinue/agent'

type Request = Extract<HookedWork, { readonly kind: 'model' }>['request']
type Prompt = Request['prompt']

/** A part of a message, of the history or of a request. */
interface Part {
  readonly type: string
  readonly text?: string
  readonly mediaType?: string
  readonly toolCallId?: string
  readonly toolName?: string
  readonly input?: unknown
  readonly output?: { readonly type?: string; readonly value?: unknown }
  /** Of a part of the provider's own: the part, as requests hold it. */
  readonly content?: Part
}

interface Told {
  readonly role: string
  readonly parts: readonly object[]
}

/** The system text of a request. */
export function instructions(prompt: Prompt): readonly object[] {
  return prompt.flatMap(({ role, content }) => (role === 'system' ? [{ type: 'text', content }] : []))
}

/** The conversation of a request. */
export function inputMessages(prompt: Prompt): readonly Told[] {
  return prompt.flatMap(({ role, content }) =>
    role === 'system' ? [] : [{ role, parts: (content as readonly Part[]).map(told) }],
  )
}

/** What a model answered. */
export function outputMessages(
  message: ModelHookAnswer['message'],
  finishReason: string,
): readonly (Told & { readonly finish_reason: string })[] {
  if (message === undefined) return []
  const parts = (message.parts as readonly Part[]).map(told)
  return [{ role: 'assistant', parts, finish_reason: finishReason }]
}

/** The tools that a model is shown. */
export function definitions(tools: NonNullable<Request['tools']>): readonly object[] {
  return tools.map((tool) =>
    tool.type === 'function'
      ? { type: 'function', name: tool.name, description: tool.description, parameters: tool.inputSchema }
      : { type: tool.type, name: tool.name },
  )
}

/** JSON text; what JSON can't say is left out. */
export function json(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}

function told({ type, text, mediaType, toolCallId, toolName, input, output, content }: Part): object {
  if (content !== undefined) return told(content)
  switch (type) {
    case 'text':
    case 'reasoning':
      return { type, content: text }
    case 'tool-call':
      return { type: 'tool_call', id: toolCallId, name: toolName, arguments: input }
    case 'tool-result':
      return { type: 'tool_call_response', id: toolCallId, response: response(output) }
    default:
      return { type, mime_type: mediaType }
  }
}

/** What a tool gave back; of files only what they are. */
export function response(output: Part['output']): unknown {
  return output?.type === 'content' ? (output.value as readonly Part[]).map(told) : output?.value
}
