// What the offline model does next, given the conversation: the calls that the last user message asks for and that
// have not been made yet, or an answer from the results. It keeps nothing between calls: all of it is in the prompt.
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4ToolCallPart,
} from '@ai-sdk/provider'
import { type AnsweredTool, answerFrom, answerToLonger, answerWithout } from './offline-answer.ts'
import { type OfflineTool, offlineTools } from './offline-tool.ts'
import { callKey, planCalls, type PlannedCall } from './tool-choice.ts'

/** The next move: calls, or a text. */
export type OfflineReply =
  | { readonly calls: readonly { readonly toolName: string; readonly input: object }[] }
  | { readonly text: string }

/** The most rounds of calls for one message. */
const mostRounds = 8

/** The longest message that is read: the time that it takes grows faster than its length. */
const longestMessage = 8000

/** Decides what comes next. */
export function offlineReply(options: LanguageModelV4CallOptions): OfflineReply {
  const { prompt, toolChoice } = options
  const start = prompt.findLastIndex(({ role }) => role === 'user')
  const since = prompt.slice(start + 1)
  const tools = offlineTools(options)
  const mustCall = toolChoice?.type === 'required' || toolChoice?.type === 'tool'
  const message = textOf(prompt[start])
  if (message.length > longestMessage) return { text: answerToLonger(longestMessage) }
  const plan = planCalls(message, tools, mustCall)
  const results = resultsIn(since, plan)
  const made = new Set(results.map(({ toolName, input }) => callKey(toolName, input)))
  const rounds = since.filter(({ role }) => role === 'assistant').length
  const left = [...plan, ...mended(results, tools)].filter(
    ({ tool, input }) => !made.has(callKey(tool.name, input)),
  )
  if (left.length > 0 && rounds < mostRounds) {
    // What changes something comes one at a time, in the order in which it was asked for.
    const changing = left.findIndex(({ tool }) => tool.isChanging)
    const next = changing < 0 ? left : left.slice(0, Math.max(1, changing))
    return { calls: next.map(({ tool, input }) => ({ toolName: tool.name, input })) }
  }
  return { text: results.length > 0 ? answerFrom(results) : answerWithout(tools) }
}

/** How many calls the conversation holds: the next one's number, so that no id comes twice. */
export function callsSoFar(prompt: readonly LanguageModelV4Message[]): number {
  return prompt
    .flatMap(({ role, content }) => (role === 'assistant' ? content : []))
    .filter(({ type }) => type === 'tool-call').length
}

function textOf(message: LanguageModelV4Message | undefined): string {
  if (message?.role !== 'user') return ''
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}

function resultsIn(
  messages: readonly LanguageModelV4Message[],
  plan: readonly PlannedCall[],
): AnsweredTool[] {
  const calls = new Map<string, LanguageModelV4ToolCallPart>()
  const results: AnsweredTool[] = []
  for (const { role, content } of messages) {
    if (role !== 'assistant' && role !== 'tool') continue
    for (const part of content) {
      if (part.type === 'tool-call') calls.set(part.toolCallId, part)
      const call = part.type === 'tool-result' ? calls.get(part.toolCallId) : undefined
      if (part.type !== 'tool-result' || call === undefined) continue
      const { toolName, input } = call
      const asked = plan.find(
        (planned) => callKey(planned.tool.name, planned.input) === callKey(toolName, input),
      )
      results.push({ toolName, input, output: part.output, clause: asked?.clause })
    }
  }
  return results
}

/**
 * Calls that may mend a failure: a path that is not there is looked for by its name, and what is found is asked for
 * instead.
 */
function mended(results: readonly AnsweredTool[], tools: readonly OfflineTool[]): PlannedCall[] {
  const finder = tools.find(
    ({ deeds, schema }) => deeds.has('search') && schema.properties?.['glob'] !== undefined,
  )
  if (finder === undefined) return []
  return results.flatMap(({ toolName, input, output, clause }) => {
    const tool = tools.find(({ name }) => name === toolName)
    const path = (input as { path?: unknown }).path
    if (tool === undefined || tool.isChanging || clause === undefined || typeof path !== 'string') return []
    const name = path.split('/').at(-1)!
    if (!output.type.startsWith('error') || !/\.\w+$|^[A-Z]+$/.test(name)) return []
    const glob = `**/${name.replace(/\.\w+$/, '')}*`
    const search = { tool: finder, input: { glob }, clause }
    const found = results.find(
      (result) => result.toolName === finder.name && callKey('', result.input) === callKey('', { glob }),
    )
    const other = found?.output.type === 'text' ? firstPath(found.output.value) : undefined
    return other === undefined
      ? [search]
      : [search, { tool, input: { ...(input as object), path: other }, clause }]
  })
}

const longestPath = 400

/** The first line that is a path and nothing else. */
function firstPath(text: string): string | undefined {
  return text
    .split('\n')
    .find(
      (line) =>
        line.length <= longestPath && /^[\w@.+-]+(\/[\w@.+-]+)*\.?\w+$/.test(line) && !/^\d/.test(line),
    )
}
