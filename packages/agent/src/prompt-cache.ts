// Marks for prompt caches. Most providers find the prefix that two requests share by themselves; Anthropic's models,
// whoever serves them, have to be told where one ends, at four places at most. The prompt plan puts first what changes
// least, so those are: the tools before those of one interaction, the text that all sessions share, the text of this
// session, and the conversation so far. OpenAI's newer ones find the end of the conversation, and are told those texts.
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
} from '@ai-sdk/provider'
import type { ChatSession, Prompt, PromptPart } from '@retinue/kernel'
import type { Messages } from './messages.ts'
import { hasQuirk } from './quirk.ts'

/** How long a provider that has to be told keeps a prefix; `false` for not at all. */
export type PromptCache = '5m' | '1h' | false

/** What a provider is told at the end of a prefix. */
interface Mark {
  readonly providerOptions: NonNullable<LanguageModelV4Message['providerOptions']>
}

/** In the words of those who serve Anthropic's models. */
const marks: Readonly<Record<'5m' | '1h', Mark>> = { '5m': markFor({}), '1h': markFor({ ttl: '1h' }) }

function markFor(ttl: { readonly ttl?: string }): Mark {
  const anthropic = Object.freeze({ cacheControl: Object.freeze({ type: 'ephemeral', ...ttl }) })
  const bedrock = Object.freeze({ cachePoint: Object.freeze({ type: 'default', ...ttl }) })
  return Object.freeze({ providerOptions: Object.freeze({ anthropic, bedrock }) })
}

/** In OpenAI's, whose package sends them to whichever model it speaks to: a server of Claude's may refuse what is not its own. */
const breakpoint: Mark = Object.freeze({
  providerOptions: Object.freeze({
    openai: Object.freeze({ promptCacheBreakpoint: Object.freeze({ mode: 'explicit' }) }),
  }),
})

const mostMarks = 4

/** Gives a request with marks where its model needs them, and as it is where not. */
export function markPrefixes(
  request: LanguageModelV4CallOptions,
  model: string,
  cache: PromptCache,
  prompt: Prompt,
  session: ChatSession,
  messages: Messages,
): LanguageModelV4CallOptions {
  const isEndKept = hasQuirk(model, 'keepsEndAlone')
  if (cache === false || !(isEndKept || isTold(model, request))) return request
  const mark = isEndKept ? breakpoint : marks[cache]
  const [first, ...others] = request.prompt
  const { stable, volatile } = splitSystem(first, prompt.parts)
  const conversation = first?.role === 'system' ? others : [...request.prompt]
  const tools = isEndKept ? request.tools : markTools(request.tools, prompt, session, mark)
  if (!isEndKept && isAsBefore(messages, volatile)) {
    const left = mostMarks - stable.length - (tools === request.tools ? 0 : 1)
    for (const at of ends(conversation, model).slice(0, left))
      conversation[at] = { ...conversation[at]!, ...mark }
  }
  const system = stable.map((content) => ({ role: 'system' as const, content, ...mark }))
  const rest = volatile === '' ? [] : [{ role: 'system' as const, content: volatile }]
  return { ...request, ...(tools !== undefined && { tools }), prompt: [...system, ...rest, ...conversation] }
}

/** Whether a model has to be told, and its caller has not asked the provider to find the places itself. */
function isTold(model: string, { providerOptions }: LanguageModelV4CallOptions): boolean {
  if (providerOptions?.['anthropic']?.['cacheControl'] !== undefined) return false
  return hasQuirk(model, 'wantsMarks')
}

/** The system text in pieces: what is equal for all sessions, what is for all turns of this one, and what is left. */
function splitSystem(
  system: LanguageModelV4Message | undefined,
  parts: readonly PromptPart[],
): { readonly stable: readonly string[]; readonly volatile: string } {
  if (system?.role !== 'system') return { stable: [], volatile: '' }
  const shared = endOf(parts, 0, ({ stability }) => stability === 'static')
  const own = endOf(parts, shared, ({ stability }) => stability !== 'turn')
  const stable = [parts.slice(0, shared), parts.slice(shared, own)].map(textOf).filter((text) => text !== '')
  return { stable, volatile: system.content.slice(stable.join('\n\n').length).trimStart() }
}

function endOf(parts: readonly PromptPart[], from: number, holds: (part: PromptPart) => boolean): number {
  const end = parts.findIndex((part, i) => i >= from && !holds(part))
  return end < 0 ? parts.length : end
}

function textOf(parts: readonly PromptPart[]): string {
  return parts
    .map(({ text }) => text)
    .join('\n\n')
    .toWellFormed()
}

/** Marks the last tool of the session where others stand behind it; a system text's own mark covers them otherwise. */
function markTools(
  tools: LanguageModelV4CallOptions['tools'],
  prompt: Prompt,
  session: ChatSession,
  mark: Mark,
): LanguageModelV4CallOptions['tools'] {
  if (tools === undefined) return tools
  const shared = session.tools.published()
  const end = prompt.tools.findIndex(({ name }, i) => shared[i]?.name !== name)
  const last = (end < 0 ? prompt.tools.length : end) - 1
  if (last < 0 || last === tools.length - 1) return tools
  return tools.with(last, { ...(tools[last] as LanguageModelV4FunctionTool), ...mark })
}

/**
 * Whether the text in front of the conversation is as it was in the last request: where it changes with each call, no
 * cache could be read, and writing one costs.
 */
function isAsBefore(messages: Messages, volatile: string): boolean {
  const before = volatiles.get(messages) ?? ''
  volatiles.set(messages, volatile)
  return before === volatile
}

const volatiles = new WeakMap<Messages, string>()

/** Where the conversation ends, and where it ended in the last request: a cache looks back only so far. */
function ends(conversation: readonly LanguageModelV4Message[], model: string): readonly number[] {
  const isWordsAlone = hasQuirk(model, 'marksWordsAlone')
  const isMarked = ({ role }: LanguageModelV4Message): boolean => role === 'user' || !isWordsAlone
  const end = conversation.findLastIndex(isMarked)
  const answer = conversation.findLastIndex(({ role }, i) => i < end && role === 'assistant')
  const before = conversation.findLastIndex((message, i) => i < answer && isMarked(message))
  return [end, before].filter((at) => at >= 0)
}
