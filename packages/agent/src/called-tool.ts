// The tool that a call means, by the name under which the model was shown it.
import type { InteractionContext, Tool } from '@retinue/kernel'
import { historyOf } from './history-view.ts'
import { readResultName, readResultTool } from './result-page.ts'
import type { RunScope } from './run-scope.ts'

/** Finds the tool that is published under a name now; the model may ask for one that has left since. */
export function findTool(interaction: InteractionContext, name: string): Tool | undefined {
  return interaction.tools.published().find((published) => published.name === name)?.tool
}

/** The tool that a call means: one of the application's, or the one that reads on in long results. */
export function toolOf({ interaction, messages, maxResultChars }: RunScope, name: string): Tool | undefined {
  const tool = findTool(interaction, name)
  if (tool !== undefined || name !== readResultName) return tool
  return readResultTool((toolCallId) => historyOf(messages)?.outputOf(toolCallId), maxResultChars)
}

/** What the model is told where no tool bears the name. */
export function noSuchTool(name: string, interaction: InteractionContext): string {
  const names = interaction.tools.published().map((published) => published.name)
  const known = names.length === 0 ? 'No tool is equipped now.' : `The tools are: ${names.join(', ')}.`
  return `There is no tool '${name}'. ${known}`
}
