// What a tool call needs of its run, and which tool it means.
import type { InteractionContext, Tool } from '@retinue/kernel'
import type { ApprovalAnswers, Questions } from './approval.ts'
import type { Asker } from './asker.ts'
import { historyOf } from './history-view.ts'
import type { Messages } from './messages.ts'
import { readResultName, readResultTool } from './result-page.ts'
import type { RunEvent } from './run-event.ts'
import type { Hooks } from './run-hooks.ts'
import type { SettledOptions } from './run-options.ts'

/** What a tool call needs of its run. */
export interface ToolScope extends Omit<SettledOptions, 'output' | 'hooks' | 'signal'> {
  readonly interaction: InteractionContext
  readonly messages: Messages
  /** The run, behind those that it is within. */
  readonly path: readonly Asker[]
  readonly signal: AbortSignal
  readonly questions: Questions
  /** Answers to earlier questions. */
  readonly answers: ApprovalAnswers | undefined
  /** Nothing where the run has no hooks. */
  readonly hooks: Hooks | undefined
  readonly emit: (event: RunEvent) => void
}

/** Finds the tool that is published under a name now; the model may ask for one that has left since. */
export function findTool(interaction: InteractionContext, name: string): Tool | undefined {
  return interaction.tools.published().find((published) => published.name === name)?.tool
}

/** The tool that a call means: one of the application's, or the one that reads on in long results. */
export function toolOf({ interaction, messages, maxResultChars }: ToolScope, name: string): Tool | undefined {
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
