// What the steps of a run and its calls need of it: its options, and what there is of it since it began.
import type { InteractionContext, Prompt } from '@retinue/kernel'
import type { ApprovalAnswers } from './approval.ts'
import type { Asker } from './asker.ts'
import type { CallIds } from './call-ids.ts'
import { type HistoryView, viewOf } from './history-view.ts'
import type { Hooks } from './hooks.ts'
import type { Messages } from './messages.ts'
import type { ModelAnswer } from './model-answer.ts'
import type { ModelChoice } from './model-choice.ts'
import type { OutputReader } from './output.ts'
import type { Questions } from './questions.ts'
import type { RunEvent } from './run-event.ts'
import type { SettledOptions } from './run-options.ts'

/** A run, as its steps and its calls see it. */
export interface RunScope extends Omit<SettledOptions, 'output' | 'hooks' | 'signal'> {
  readonly interaction: InteractionContext
  readonly messages: Messages
  /** The run, behind those that it is within; each with the agent that its session is on by now. */
  readonly askers: () => readonly Asker[]
  readonly models: ModelChoice
  readonly output: OutputReader | undefined
  readonly signal: AbortSignal
  readonly questions: Questions
  /** Answers to earlier questions. */
  readonly answers: ApprovalAnswers | undefined
  /** Nothing where the run has no hooks. */
  readonly hooks: Hooks | undefined
  readonly callIds: CallIds
  /** What the run has warned of once. */
  readonly noticed: string[]
  /** How many tokens of history there were after the run last tried to compact it. */
  readonly tried: { tokens: number }
  readonly emit: (event: RunEvent) => void
  /** Hears of each model call, whole or not: what it said and used. */
  readonly heard: (answer: ModelAnswer) => void
}

/** The prompt of a run as it is now. */
export function promptIn({ interaction }: RunScope): Prompt {
  return interaction.session.prompt({ interaction })
}

/** What the model in use is shown of the conversation. */
export function viewIn({ messages, models, maxResultChars }: RunScope): HistoryView {
  return viewOf(messages, { version: models.current.specificationVersion, maxResultChars })
}
