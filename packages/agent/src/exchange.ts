// What may be sent of an exchange: a message, and the results behind it. Providers want each call to have its result
// there, each result to have its call, and each id once. Runs keep to that; applications edit histories, and what an edit
// tore is mended here for the request, while the history stays as it is.
import type { AssistantMessage, Message, ToolResultPart } from '@retinue/kernel'
import { spokenParts } from './answer-form.ts'
import { freeId } from './call-ids.ts'
import { openQuestions } from './provider-approval.ts'
import { ownCallId } from './provider-part.ts'
import { failure } from './tool-output.ts'

/** An exchange as it may be sent. */
export interface Exchange {
  readonly shown: readonly Message[]
  /** Whether some call has no result, some result no call, or a question of the provider's no answer. */
  readonly isTorn: boolean
}

/** The ids that may stand only once in a request: those of calls, and those under which a provider stored an answer. */
export function idsIn(message: Message): readonly string[] {
  if (message.role !== 'assistant') return none
  const ids: string[] = []
  for (const part of message.parts) {
    if (part.type === 'tool-call') ids.push(part.toolCallId)
    for (const id of storedIds(part)) ids.push(id)
  }
  return ids
}

/** Gives an exchange as it may be sent behind others, whose ids are taken. */
export function exchangeOf(messages: readonly Message[], isTaken: (id: string) => boolean): Exchange {
  const [first, ...behind] = messages
  if (first?.role !== 'assistant') {
    const shown = messages.filter(({ role }) => role !== 'tool')
    const isTorn = shown.length < messages.length
    return { shown: isTorn ? shown : messages, isTorn }
  }
  if (isWhole(first, behind, isTaken)) return { shown: messages, isTorn: false }
  const given = behind.flatMap(({ parts }) => parts as readonly ToolResultPart[])
  const isCopy = first.parts.some((part) => storedIds(part).some(isTaken))
  const answer = isCopy ? { ...first, parts: spokenParts(first) } : first
  const paired = pair(answer, given, isTaken)
  const isTorn = paired.isTorn || openQuestions(first, []).length > 0
  const isSame = behind.length < 2 && isSameList(given, paired.results)
  if (paired.answer === first && isSame) return { shown: messages, isTorn }
  const results = paired.results.length === 0 ? [] : [{ role: 'tool', parts: paired.results } as const]
  return { shown: [paired.answer, ...results], isTorn }
}

/** Whether an answer and what is behind it are as runs leave them, which nearly all are: nothing is to be mended. */
function isWhole(
  { parts }: AssistantMessage,
  behind: readonly Message[],
  isTaken: (id: string) => boolean,
): boolean {
  if (behind.length > 1) return false
  const results = (behind[0]?.parts ?? none) as readonly ToolResultPart[]
  let calls = 0
  for (const part of parts) {
    if (part.type === 'provider' || storedIds(part).some(isTaken)) return false
    if (part.type !== 'tool-call') continue
    const { toolCallId, toolName } = part
    const result = results[calls++]
    if (result?.toolCallId !== toolCallId || result.toolName !== toolName) return false
    if (freeId(toolCallId, isTaken) !== toolCallId) return false
  }
  if (calls !== results.length) return false
  return calls < 2 || new Set(results.map(({ toolCallId }) => toolCallId)).size === calls
}

/** Puts the calls of an answer, and the result of each, under an id that is free. */
function pair(answer: AssistantMessage, given: readonly ToolResultPart[], isTaken: (id: string) => boolean) {
  const left = [...given]
  const results: ToolResultPart[] = []
  const own = new Set<string>()
  let isMissing = false
  const parts = answer.parts.map((part) => {
    if (part.type !== 'tool-call') return part
    const { toolName } = part
    const at = left.findIndex((result) => result.toolCallId === part.toolCallId)
    const [found] = at < 0 ? [] : left.splice(at, 1)
    isMissing ||= found === undefined
    const toolCallId = freeId(part.toolCallId, (id) => own.has(id) || isTaken(id))
    own.add(toolCallId)
    const isSame = found?.toolCallId === toolCallId && found.toolName === toolName
    const output = found?.output ?? noResult
    results.push(isSame ? found : { ...found, type: 'tool-result', toolCallId, toolName, output })
    return toolCallId === part.toolCallId ? part : { ...part, toolCallId }
  })
  return {
    answer: isSameList(parts, answer.parts) ? answer : { ...answer, parts },
    results,
    isTorn: isMissing || left.length > 0,
  }
}

const noResult = failure('The conversation does not hold the result of this call.')

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}

/** What a provider calls what it stored of a part; it takes each only once, so a copy has to do without. */
function storedIds(part: AssistantPart): readonly string[] {
  if (part.type !== 'provider' && part.providerMetadata === undefined) return none
  const stored = Object.values(part.providerMetadata ?? {}).map(({ itemId }) => itemId)
  return [...stored, ownCallId(part)].filter((id) => typeof id === 'string')
}

type AssistantPart = AssistantMessage['parts'][number]

const none: readonly never[] = []
