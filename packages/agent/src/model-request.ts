// What one model call sends: the prompt as it is now, the history in the provider's form, the tools in force.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { ChatSession, Prompt } from '@retinue/kernel'
import { historyForms } from './history.ts'
import type { Model } from './model.ts'
import type { ModelSettings } from './run-options.ts'
import { toolForm } from './tool-form.ts'

/** Puts a model call's options together, in the form of the model's version of the interface. */
export function modelRequest(
  session: ChatSession,
  prompt: Prompt,
  model: Model,
  settings: ModelSettings | undefined,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const files = model.specificationVersion === 'v4' ? 'tagged' : 'plain'
  const messages = historyForms(
    session,
    files,
    prompt.text === '' ? [] : [{ role: 'system', content: prompt.text }],
  )
  const options: LanguageModelV4CallOptions = { ...settings, prompt: messages as never, abortSignal }
  if (prompt.tools.length > 0) options.tools = prompt.tools.map(toolForm)
  return options
}
