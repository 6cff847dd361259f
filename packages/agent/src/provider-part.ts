// Parts of an answer that only its provider understands, as far as they tell of tools that it ran itself.
import type { Message, ProviderPart, ToolResultPart } from '@retinue/kernel'

type Part = Message['parts'][number]

/** A part without what was kept with it under one name. */
export function withoutMetadata<P extends Part>({ providerMetadata, ...part }: P, name: string): P {
  const { [name]: _, ...others } = providerMetadata!
  return (Object.keys(others).length === 0 ? part : { ...part, providerMetadata: others }) as P
}

/** Whether an answer ends in the midst of a call that its provider runs, and so goes on with when it gets it back. */
export function isPaused({ parts }: Message): boolean {
  const last: Part | undefined = parts.at(-1)
  return last !== undefined && ownCallId(last) !== undefined
}

/** The id of the call that a part makes, where its provider runs it. */
export function ownCallId(part: Part): string | undefined {
  return part.type === 'provider' && part.content.type === 'tool-call' ? providerCallId(part) : undefined
}

/** The id of the call that a part of a provider's own is of. */
export function providerCallId(part: { readonly type: string }): string | undefined {
  return part.type === 'provider'
    ? ((part as ProviderPart).content['toolCallId'] as string | undefined)
    : undefined
}

/** The result that a part holds, where its provider ran a tool itself. */
export function providerResult(part: Part): ToolResultPart | undefined {
  return part.type === 'provider' && part.content.type === 'tool-result'
    ? (part.content as unknown as ToolResultPart)
    : undefined
}
