// The provider's form of a tool definition, made once a definition: the kernel shows a tool by the same object as long
// as it is published. What goes out is the tool's own JSON Schema; TypeBox marks its objects where JSON does not look.
import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider'
import type { PromptTool } from '@retinue/kernel'

/** Gives a tool's definition in the form that a provider takes, the same object each time. */
export function toolForm(tool: PromptTool): LanguageModelV4FunctionTool {
  let form = forms.get(tool)
  if (form === undefined) {
    const { name, description, inputSchema } = tool
    forms.set(tool, (form = { type: 'function', name, description, inputSchema: inputSchema as never }))
  }
  return form
}

const forms = new WeakMap<PromptTool, LanguageModelV4FunctionTool>()
