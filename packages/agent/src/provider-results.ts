// Results of tools that a provider ran itself. They stand in its answers, each behind its call, and only together may
// they be taken out: what is left of such an answer is said in plain words, because what a provider has linked to what
// is gone (its reasoning, references to its items, citations) it would refuse.
import type { AssistantMessage } from '@retinue/kernel'
import { ownCallId, providerCallId, providerResult } from './provider-part.ts'
import { droppedResult } from './result-page.ts'

type Part = AssistantMessage['parts'][number]

/** Takes long results out, each with its call; gives the message itself where there is none that can go. */
export function withoutProviderResults(message: AssistantMessage): AssistantMessage {
  const { parts } = message
  const notes = notesFor(parts)
  if (notes.size === 0 || isBound(parts)) return message
  return { ...message, parts: parts.flatMap((part) => plainWords(part, notes)) }
}

/** Whether an answer has reasoning that its provider wants back with the calls that followed from it. */
function isBound(parts: readonly Part[]): boolean {
  return parts.some(isReasoning) && parts.some(({ type }) => type === 'tool-call')
}

function isReasoning(part: Part): boolean {
  return part.type === 'reasoning' || (part.type === 'provider' && part.content.type === 'reasoning-file')
}

/** What stands in place of each result that can go, by the id of its call: nothing that stays may name it. */
function notesFor(parts: readonly Part[]): ReadonlyMap<string, string> {
  const notes = new Map<string, string>()
  for (const part of parts) {
    const result = providerResult(part)
    if (result === undefined || !parts.some((each) => ownCallId(each) === result.toolCallId)) continue
    const { output } = droppedResult(result)
    if (output !== result.output)
      notes.set(result.toolCallId, `${result.toolName}: ${output.value as string}`)
  }
  for (;;) {
    const staying = JSON.stringify(parts.filter((part) => !notes.has(providerCallId(part) ?? '')))
    const named = [...notes.keys()].filter((id) => staying.includes(JSON.stringify(id)))
    if (named.length === 0) return notes
    for (const id of named) notes.delete(id)
  }
}

function plainWords(part: Part, notes: ReadonlyMap<string, string>): Part[] {
  if (isReasoning(part)) return []
  if (part.type === 'text') return [{ type: 'text', text: part.text }]
  const note = notes.get(providerCallId(part) ?? '')
  if (note === undefined) return [part]
  return providerResult(part) === undefined ? [] : [{ type: 'text', text: note }]
}
