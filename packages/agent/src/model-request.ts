// What one model call sends: the prompt as it is now, the history in the provider's form, the tools in force.
import type { LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import type { Prompt, PromptTool } from '@retinue/kernel'
import type { HistoryView } from './history-view.ts'
import { nameOf } from './model.ts'
import { markPrefixes } from './prompt-cache.ts'
import { hasQuirk } from './quirk.ts'
import { readResultForm, readResultName } from './result-page.ts'
import type { RunScope } from './run-scope.ts'
import { plainForm, schemaForm } from './schema-form.ts'

/** Puts a model call's options together, in the form of the model's version of the interface. */
export function modelRequest(
  { interaction, messages, models, settings, output, promptCache, signal }: RunScope,
  prompt: Prompt,
  view: Pick<HistoryView, 'forms' | 'isCut'>,
): LanguageModelV4CallOptions {
  const model = models.current
  const modelName = nameOf(model)
  const isPlain = hasQuirk(modelName, 'wantsPlainNames')
  const tools = prompt.tools.map((tool) => toolForm(tool, isPlain))
  if (view.isCut && tools.every(({ name }) => name !== readResultName)) tools.push(readResultForm)
  const hasTools = tools.length > 0
  const { words = '', format } = output?.asked(modelName, hasTools) ?? {}
  const system = [prompt.text, words].filter(Boolean).join('\n\n').toWellFormed()
  const forms = view.forms(modelName, system === '' ? [] : [{ role: 'system', content: system }])
  const options: LanguageModelV4CallOptions = { ...settings, prompt: forms as never, abortSignal: signal }
  if (hasTools) options.tools = tools
  if (format !== undefined) {
    options.responseFormat = format
    options.providerOptions = { ...settings?.providerOptions }
    // Unless told not to be strict, they refuse schemas with fields that may be missing, or that leave objects open.
    for (const name of ['openai', 'openaiCompatible', 'groq'])
      options.providerOptions[name] = { strictJsonSchema: false, ...options.providerOptions[name] }
  }
  if (hasQuirk(modelName, 'bindsThoughts') && model.specificationVersion !== 'v2')
    dropUnboundThoughts(options, hasQuirk(modelName, 'alwaysThinks'))
  return markPrefixes(options, modelName, promptCache, prompt, interaction.session, messages)
}

/**
 * Has a model leave out what it thought with another request before it, unless its caller says otherwise, or has it think
 * in another way. Packages of version 2 can't tell it.
 */
function dropUnboundThoughts(options: LanguageModelV4CallOptions, alwaysThinks: boolean): void {
  const { reasoning = 'provider-default' } = options
  const isNone = reasoning === 'none'
  const anthropic = options.providerOptions?.['anthropic']
  // Where `reasoning` says how hard to think, its package has that shown, unless it is told how to think.
  const usual = isNone || reasoning === 'provider-default' ? {} : { display: 'summarized' }
  const thinking = { type: 'adaptive', ...((anthropic?.['thinking'] ?? usual) as object) }
  if (thinking.type !== 'adaptive' || (isNone && !alwaysThinks)) return
  const blockBinding = { prefixMismatchBehavior: 'drop_block' }
  options.providerOptions = {
    ...options.providerOptions,
    anthropic: { ...anthropic, thinking: { blockBinding, ...thinking } },
  }
}

/** A tool's definition in the form that a model takes, with plain names for its fields where it wants them. */
export function toolForm(tool: PromptTool, isPlain = false): LanguageModelV4FunctionTool {
  const forms = isPlain ? plainForms : toolForms
  let form = forms.get(tool)
  if (form === undefined) {
    const { name, description } = tool
    const shown = schemaForm(tool.inputSchema)
    const inputSchema = isPlain ? plainForm(shown) : shown
    forms.set(tool, (form = { type: 'function', name, description, inputSchema }))
  }
  return form
}

/** The forms of each tool, made once: the kernel shows a tool by the same object as long as it is published. */
const toolForms = new WeakMap<PromptTool, LanguageModelV4FunctionTool>()
const plainForms: typeof toolForms = new WeakMap()
