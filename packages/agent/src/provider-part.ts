// Parts of an answer that only its provider understands, as far as they tell of tools that it ran itself.
import type { Message, ProviderPart, ToolResultPart } from '@retinue/kernel'

type Part = Message['parts'][number]

/** A part without what was kept with it under one name. */
export function withoutMetadata<P extends Part>({ providerMetadata, ...part }: P, name: string): P {
  const { [name]: _, ...others } = providerMetadata!
  return (Object.keys(others).length === 0 ? part : { ...part, providerMetadata: others }) as P
}

/** The id of the call that a part of a provider's own is of. */
export function providerCallId(part: { readonly type: string }): string | undefined {
  return part.type === 'provider'
    ? ((part as ProviderPart).content['toolCallId'] as string | undefined)
    : undefined
}

/** The result that a part holds, where its provider ran a tool itself. */
export function providerResult(part: Part): ToolResultPart | undefined {
  if (part.type !== 'provider' || part.content.type !== 'tool-result') return undefined
  const { toolCallId, toolName, output } = part.content as unknown as ToolResultPart
  return { type: 'tool-result', toolCallId, toolName, output }
}
