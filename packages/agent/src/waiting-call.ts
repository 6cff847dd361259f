// A call that waits for a yes: it is left open in the history, and marked with what the question was about, so that an
// answer can be held against it after a restart, too.
import type { Json, Tool, ToolCallPart } from '@retinue/kernel'
import type { ApprovalRequest } from './approval.ts'
import { type Asker, askersOf } from './asker.ts'
import { withoutMetadata } from './provider-part.ts'

/**
 * Marks a call that stays open with what the question was about: the tool, and the input where it is another than the
 * model's; with who asked within others; with the toolsets that the turn alone has, for it goes on with the answer; and
 * with whether a policy wanted the yes.
 */
export function asked(
  call: ToolCallPart,
  { input, path }: ApprovalRequest,
  tool: Tool,
  toolsets: string[],
  ofPolicy: boolean,
): ToolCallPart {
  const replaced = !isSameJson(input, call.input) && { input }
  const within = path.length > 1 && { path: path as unknown as Json }
  const equipped = toolsets.length > 0 && { toolsets }
  const policy = (ofPolicy || isOfPolicy(call)) && { policy: true }
  const mark = { definition: definitionOf(tool), ...replaced, ...within, ...equipped, ...policy }
  return { ...call, providerMetadata: { ...call.providerMetadata, [markKey]: mark } }
}

/** The question about a call, with what it was marked with; `path` says who asks, where the history does not. */
export function questionOf(call: ToolCallPart, path: readonly Asker[]): ApprovalRequest {
  const { toolCallId, toolName } = call
  const mark = markOf(call)
  return { toolCallId, toolName, input: mark.input ?? call.input, path: askersOf(mark.path, path) }
}

/** The toolsets of the turn that asked about a call, as far as they were saved well. */
export function toolsetsOf(call: ToolCallPart): readonly string[] {
  return [markOf(call).toolsets].flat().filter((type) => typeof type === 'string')
}

/** Takes the mark off again. */
export function unasked(call: ToolCallPart): ToolCallPart {
  return withoutMetadata(call, markKey)
}

/** Tells whether a call was left open for an answer. */
export function isWaiting(call: ToolCallPart): boolean {
  return call.providerMetadata?.[markKey] !== undefined
}

/** Tells whether a policy wanted the yes that a call waits for: its tool does not know of that. */
export function isOfPolicy(call: ToolCallPart): boolean {
  return markOf(call).policy === true
}

/** Says what of a call is another than its question was about, and so makes a yes to it none. */
export function changeOf(call: ToolCallPart, input: Json, tool: Tool): 'tool' | 'input' | undefined {
  const mark = markOf(call)
  if (mark.definition !== definitionOf(tool)) return 'tool'
  return isSameJson(input, mark.input ?? call.input) ? undefined : 'input'
}

/** What a call has become since it was asked about, where somebody has changed it: the question is still on it. */
export function changedCall(
  asked: ToolCallPart | undefined,
  now: ToolCallPart | undefined,
): ToolCallPart | undefined {
  if (asked === undefined || now === undefined || isSameJson(asked.input, now.input)) return undefined
  return { ...asked, input: now.input }
}

/** Tells whether two tools are the same to whoever judges a call. */
export function isSameDefinition(a: Tool, b: Tool): boolean {
  return a === b || definitionOf(a) === definitionOf(b)
}

const markKey = 'retinue'

/** What a call was marked with when it was asked about. */
function markOf(
  call: ToolCallPart,
): Readonly<Partial<Record<'definition' | 'input' | 'path' | 'toolsets' | 'policy', Json>>> {
  return call.providerMetadata?.[markKey] ?? {}
}

/** Whether two values are the same JSON; stores may give the keys of an object in another order. */
function isSameJson(a: Json, b: Json): boolean {
  return sorted(a) === sorted(b)
}

function sorted(json: Json): string {
  return JSON.stringify(json, (_, value: unknown) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value
  })
}

/** What a person judges a tool by, word for word: a digest short enough to be forged would not do. */
function definitionOf({ description, input, effect, approval, revision }: Tool): string {
  return JSON.stringify([description, input, effect, String(approval), revision])
}
