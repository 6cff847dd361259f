// What a run refuses to be told. Options come from configuration files and requests too, where no compiler looks: a
// limit that is no number would be no limit, a misspelt veto none, and an answer that is a text would be taken for a yes.
import { checkOptions, type KnownOptions, option, type OptionRule, RetinueError } from '@retinue/kernel'
import type { ApprovalAnswer, ApprovalAnswers } from './approval.ts'
import type { BudgetLimits } from './budget.ts'
import { leastResultChars } from './result-page.ts'
import type { RunHooks } from './run-hooks.ts'
import type { ModelSettings, RunOptions, WithOutput } from './run-options.ts'

/**
 * Checks where a run is to take place.
 * @throws {RETINUE_INPUT_INVALID} for what is neither a session nor an interaction.
 */
export function checkPlace(place: unknown): void {
  if (isObject(place) && ('messages' in place || 'child' in place)) return
  throw new RetinueError('RETINUE_INPUT_INVALID', 'A run takes place in a session or an interaction.', {
    hint: 'Give a ChatSession, or what its interact() gave.',
  })
}

/**
 * Checks the options of a run before there is one: those in a configuration.
 * @throws {RETINUE_OPTION_INVALID} for the first that no run takes.
 */
export function checkRunOptions(options: RunOptions): void {
  checkOptions('A run', options, runOptions)
  const { budget, settings, hooks } = options
  if (settings !== undefined) checkOptions('The settings object of a run', settings, modelSettings)
  if (budget !== undefined) checkBudget(budget)
  if (hooks === undefined) return
  for (const each of [hooks].flat()) checkOptions('A hook of a run', each, runHooks)
}

/**
 * Checks a person's answer: only what says yes in so many words is one.
 * @throws {RETINUE_OPTION_INVALID} for whatever is neither a yes nor a no.
 */
export function checkAnswer(toolCallId: string, answer: ApprovalAnswer): void {
  checkOptions(`The call '${toolCallId}'`, { answer }, { answer: anAnswer }, undefined, 'answer')
}

/**
 * Checks the answers that a run goes on with.
 * @throws {RETINUE_OPTION_INVALID} for what is not a list of answers by the ids of calls.
 */
export function checkAnswers(answers: ApprovalAnswers): void {
  checkOptions('resume()', { answers }, { answers: answersById })
}

const answersById: OptionRule = ['an object of answers by toolCallId', option.object[1]]

/** It may say more, of who gave it. */
const anAnswer: OptionRule = [
  "true, false, or { approved: true or false, reason: 'a text' }",
  (answer) => {
    const { approved = answer, reason = '' } = Object(answer) as Partial<Exclude<ApprovalAnswer, boolean>>
    return typeof approved === 'boolean' && typeof reason === 'string'
  },
]

function checkBudget(budget: BudgetLimits): void {
  checkOptions('The budget of a run', budget, budgetLimits)
  if (budget.cost === undefined || budget.price !== undefined) return
  throw new RetinueError('RETINUE_OPTION_INVALID', "The budget limits the cost, and has no 'budget.price'.", {
    hint: 'Give it price(usage, model), which says what a usage costs.',
  })
}

/** How many there may be of something. */
const limit = (least: number): OptionRule => option.either(option.whole(least), option.oneOf(Infinity))

const signal: OptionRule = ['the signal of an AbortController, not frozen', isSignal]
const parent: OptionRule = [
  "what the tool's execute got as second argument",
  (value) => isObject(value) && 'session' in value,
]

const runOptions: KnownOptions<WithOutput<never>> = {
  model: option.any, // looked at by itself, like the agent's
  settings: option.object,
  promptCache: option.oneOf('5m', '1h', false),
  output: option.any, // looked at by itself
  signal,
  maxSteps: limit(0),
  stopWhen: option.function,
  budget: option.object,
  parent,
  maxParallelTools: limit(1),
  toolTimeoutMs: option.number(0),
  maxRetries: limit(0),
  retryDelayMs: option.number(0),
  onBusy: option.oneOf('queue', 'reject', 'steer'),
  maxResultChars: option.number(leastResultChars),
  maxContextTokens: option.number(1),
  compact: option.function,
  approve: option.either(option.function, option.oneOf('wait')),
  approvalPolicy: option.function,
  hooks: option.either(option.object, option.list),
}

const budgetLimits: KnownOptions<BudgetLimits> = {
  steps: limit(0),
  tokens: option.number(0),
  timeMs: option.number(0),
  cost: option.number(0),
  price: option.function,
}

const runHooks: KnownOptions<RunHooks> = {
  onEvent: option.function,
  around: option.function,
  beforeModel: option.function,
  afterModel: option.function,
  beforeTool: option.function,
  afterTool: option.function,
}

const modelSettings: KnownOptions<ModelSettings> = {
  maxOutputTokens: option.whole(1),
  temperature: option.number(),
  stopSequences: option.list,
  topP: option.number(),
  topK: option.number(),
  presencePenalty: option.number(),
  frequencyPenalty: option.number(),
  seed: option.number(),
  reasoning: option.text,
  toolChoice: option.object,
  headers: option.any, // they may hold a key, which no error shows
  providerOptions: option.object,
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** What has been frozen can't abort any more: the runtime keeps what it needs for that on it. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>
  const canListen = [addEventListener, removeEventListener].every((each) => typeof each === 'function')
  return typeof aborted === 'boolean' && canListen && !Object.isFrozen(value)
}
