// The names of OpenTelemetry's conventions for generative AI. They are still experimental, and their package weighs ten
// megabytes: the few that are used are written out here.
// @see https://github.com/open-telemetry/semantic-conventions-genai
import type { Attributes } from '@opentelemetry/api'
import type { HookedWork, ModelName, Usage } from '@retinue/agent'

type Request = Extract<HookedWork, { readonly kind: 'model' }>['request']

/** Names of attributes. */
export const GenAi = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  model: 'gen_ai.request.model',
  agent: 'gen_ai.agent.name',
  conversation: 'gen_ai.conversation.id',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  tool: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCall: 'gen_ai.tool.call.id',
  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  instructions: 'gen_ai.system_instructions',
  input: 'gen_ai.input.messages',
  output: 'gen_ai.output.messages',
  definitions: 'gen_ai.tool.definitions',
} as const

/** The attributes of a model. */
export function modelAttributes({ provider, modelId }: ModelName): Attributes {
  return { [GenAi.provider]: providerName(provider), [GenAi.model]: modelId }
}

/** The attributes of what a model is asked for. */
export function requestAttributes(request: Request): Attributes {
  const { stopSequences, responseFormat } = request
  return {
    'gen_ai.request.stream': true,
    'gen_ai.output.type': responseFormat?.type ?? 'text',
    'gen_ai.request.max_tokens': request.maxOutputTokens,
    'gen_ai.request.temperature': request.temperature,
    'gen_ai.request.top_p': request.topP,
    'gen_ai.request.top_k': request.topK,
    'gen_ai.request.frequency_penalty': request.frequencyPenalty,
    'gen_ai.request.presence_penalty': request.presencePenalty,
    'gen_ai.request.seed': request.seed,
    'gen_ai.request.reasoning.level': request.reasoning,
    'gen_ai.request.stop_sequences': stopSequences && [...stopSequences],
  }
}

/** The attributes of what a run has used. What a cache had of it is told of each call: calls may be of several models. */
export function totalAttributes(usage: Usage): Attributes {
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
  }
}

/** The attributes of what a call of a model has used. */
export function usageAttributes(usage: Usage): Attributes {
  return {
    ...totalAttributes(usage),
    'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
    'gen_ai.usage.cache_write.input_tokens': usage.cacheWriteTokens,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
  }
}

/** How the conventions call the providers whose packages call themselves otherwise; the first that fits. */
const providerNames: readonly (readonly [RegExp, string])[] = [
  [/bedrock/, 'aws.bedrock'],
  [/vertex/i, 'gcp.vertex_ai'],
  [/^google/, 'gcp.gemini'],
  [/^azure/, 'azure.ai.openai'],
  [/^mistral/, 'mistral_ai'],
  [/^xai/, 'x_ai'],
  [/^moonshot/, 'moonshot_ai'],
]

/** A provider package's models say `openai.responses`, `anthropic.messages`: the first part is the provider. */
function providerName(provider: string): string {
  const known = providerNames.find(([pattern]) => pattern.test(provider))
  return known?.[1] ?? provider.split('.', 1)[0]!
}
