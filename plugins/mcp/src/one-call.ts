// One call of a tool as a run makes it: with its checks, its limits of time, its approvals and hooks, and its secrets taken
// out of what comes back. Who calls is no language model, and so none of it is in the conversation.
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import {
  type HookedWork,
  type Model,
  type ModelHookCall,
  run,
  type RunEvent,
  type RunHooks,
  type RunOptions,
} from '@retinue/agent'
import type { ChatSession, ToolOutput } from '@retinue/kernel'

/** How a call is made. */
export interface OneCallOptions extends Omit<RunOptions, 'model' | 'maxSteps' | 'output'> {
  readonly signal: AbortSignal
  /** Hears of the progress that the tool tells. */
  readonly onProgress: (data: unknown) => void
}

/** Calls a tool by its published name; gives what came of it, or nothing where it waits for somebody's yes. */
export async function oneCall(
  session: ChatSession,
  toolName: string,
  input: object,
  { onProgress, hooks, ...options }: OneCallOptions,
): Promise<ToolOutput | undefined> {
  using turn = session.interact({ input: { toolName, input } })
  // What the tool itself has a model do, is the agent's model's to do.
  const others = [session.agent?.model ?? []].flat() as Model[]
  const model = [callerOf(toolName, input), ...others]
  const running = run(turn, toolName, {
    ...options,
    hooks: [hooks ?? []].flat().map(withoutCaller),
    model,
    maxSteps: 1,
  })
  let output: ToolOutput | undefined
  for await (const event of running as AsyncIterable<RunEvent>) {
    if (event.type === 'tool-progress') onProgress(event.data)
    if (event.type === 'tool-result') output = event.output
  }
  return output
}

const caller = { provider: 'mcp', modelId: 'client' }

/** Hooks that hear nothing of the caller: nothing was asked of a model, which traces and bills would tell of. */
function withoutCaller(hooks: RunHooks): RunHooks {
  const isCaller = (call: HookedWork | ModelHookCall): boolean =>
    'model' in call && call.model.provider === caller.provider && call.model.modelId === caller.modelId
  return {
    onEvent: (event, of) => hooks.onEvent?.(event, of),
    around: (call, work) => (hooks.around && !isCaller(call) ? hooks.around(call, work) : work()),
    beforeModel: (call) => (isCaller(call) ? undefined : hooks.beforeModel?.(call)),
    afterModel: (answer) => (isCaller(answer) ? undefined : hooks.afterModel?.(answer)),
    beforeTool: (call) => hooks.beforeTool?.(call),
    afterTool: (result) => hooks.afterTool?.(result),
  }
}

/** A model that makes one call, whatever it is told, and no other. */
function callerOf(toolName: string, input: object): LanguageModelV4 {
  const parts: LanguageModelV4StreamPart[] = [
    { type: 'stream-start', warnings: [] },
    { type: 'tool-call', toolCallId: 'call', toolName, input: JSON.stringify(input) },
    { type: 'finish', finishReason: { unified: 'tool-calls', raw: undefined }, usage: noUsage },
  ]
  let isMade = false
  const doStream = async () => {
    if (isMade)
      throw new Error('The tool wants a model, and the agent of the session that is served has none')
    isMade = true
    return { stream: streamOf(parts) }
  }
  return {
    specificationVersion: 'v4',
    ...caller,
    supportedUrls: {},
    doStream,
    doGenerate: () => Promise.reject(new Error('Runs stream.')),
  }
}

function streamOf<T>(parts: readonly T[]): ReadableStream<T> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

const noUsage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 0, text: 0, reasoning: undefined },
}
