// What providers refuse of a request, put together from what those of the AI SDK and the services behind them check.
import type { LanguageModelV4Message } from '@ai-sdk/provider'

interface AnyPart {
  readonly type: string
  readonly text?: string
  readonly toolCallId?: string
  readonly toolName?: string
  readonly providerExecuted?: boolean
  readonly providerOptions?: Readonly<Record<string, { readonly itemId?: string }>>
}

/** Says what some provider would refuse of the messages of a request. */
export function refusals(prompt: readonly LanguageModelV4Message[]): string[] {
  const said = prompt.filter(({ role }) => role !== 'system') as {
    readonly role: string
    readonly content: readonly AnyPart[]
  }[]
  const found: string[] = []
  if (said[0]?.role !== 'user') found.push('it does not begin with the user')
  if (said.at(-1)?.role === 'assistant') found.push('it ends with an answer')
  const [ids, items] = [new Set<string>(), new Set<string>()]
  said.forEach(({ role, content }, i) => {
    if (content.length === 0) found.push(`message ${i} is empty`)
    if (content.some(({ type, text }) => type === 'text' && text!.trim() === ''))
      found.push(`message ${i} has a text that says nothing`)
    if (role === 'tool' && said[i - 1]?.role !== 'assistant') found.push(`message ${i} has stray results`)
    if (role !== 'assistant') return
    if (content.at(-1)?.type === 'reasoning') found.push(`message ${i} ends with a thought`)
    const calls = content.filter(({ type, providerExecuted }) => type === 'tool-call' && !providerExecuted)
    const next = said[i + 1]
    const results = next?.role === 'tool' ? next.content : []
    const named = (parts: readonly AnyPart[]): string =>
      parts.map(({ toolCallId, toolName }) => `${toolCallId} (${toolName})`).join()
    if (named(calls) !== named(results))
      found.push(`calls ${named(calls)} have the results ${named(results)}`)
    for (const { toolCallId } of calls) {
      if (toolCallId === '' || ids.has(toolCallId!)) found.push(`the id '${toolCallId}' comes again`)
      ids.add(toolCallId!)
    }
    const own = new Set(content.flatMap((part) => part.providerOptions?.['openai']?.itemId ?? []))
    for (const item of own) {
      if (items.has(item)) found.push(`the item '${item}' comes again`)
      items.add(item)
    }
  })
  return found
}
