// The answer of a stream in one piece, for callers that do not stream.
import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

/**
 * Reads the parts of a stream to their end.
 * @throws what the stream fails with, or an error where it has no end.
 */
export async function generation(parts: AsyncIterable<object>): Promise<LanguageModelV4GenerateResult> {
  const content: LanguageModelV4Content[] = []
  const blocks = new Map<string, { type: 'text' | 'reasoning'; text: string }>()
  for await (const each of parts) {
    const part = each as LanguageModelV4StreamPart
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start': {
        const block = {
          type: part.type === 'text-start' ? ('text' as const) : ('reasoning' as const),
          text: '',
        }
        blocks.set(part.id, block)
        content.push(block)
        break
      }
      case 'text-delta':
      case 'reasoning-delta': {
        const block = blocks.get(part.id)
        if (block !== undefined) block.text += part.delta
        break
      }
      case 'error':
        throw part.error
      case 'finish':
        return { content, finishReason: part.finishReason, usage: part.usage, warnings: [] }
      case 'tool-call':
      case 'tool-result':
      case 'tool-approval-request':
      case 'file':
      case 'reasoning-file':
      case 'source':
      case 'custom':
        content.push(part)
        break
      case 'stream-start':
      case 'text-end':
      case 'reasoning-end':
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
      case 'response-metadata':
      case 'ping':
      case 'raw':
        break // what only streams have
      default:
        part satisfies never
    }
  }
  throw new Error('The answer has no end.')
}
