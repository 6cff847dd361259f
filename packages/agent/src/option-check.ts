// What a run refuses to be told. Options come from configuration files and requests too, where no compiler looks: a
// limit that is no number would be no limit, and an answer that is a text would be taken for a yes.
import { RetinueError } from '@retinue/kernel'
import type { ApprovalAnswer } from './approval.ts'
import type { BudgetLimits } from './budget.ts'
import type { RunHooks } from './run-hooks.ts'
import type { RunOptions } from './run-options.ts'

/**
 * Checks where a run is to take place, and that its options can be read.
 * @throws {RETINUE_INPUT_INVALID} for what is neither a session nor an interaction.
 * @throws {RETINUE_OPTION_INVALID} for options that are no object.
 */
export function checkCall(place: unknown, options: unknown): void {
  if (!isObject(options)) throw refused('its options', options, 'an object, or nothing at all')
  if (isObject(place) && ('messages' in place || 'session' in place)) return
  const message = `A run takes place in a session or an interaction, not in ${shown(place)}.`
  throw new RetinueError('RETINUE_INPUT_INVALID', message, {
    hint: 'Give run() a ChatSession, or what its interact() gave.',
  })
}

/**
 * Checks the options of a run.
 * @throws {RETINUE_OPTION_INVALID} for the first that no run takes.
 */
export function checkOptions(options: RunOptions): void {
  const given = options as Readonly<Record<string, unknown>>
  for (const name of limits) checkLimit(name, given[name])
  for (const name in choices) check(name, given[name], (value) => choices[name]!.includes(value), wants(name))
  for (const name of functions) check(name, given[name], isFunction, 'a function')
  check('approve', given.approve, (value) => value === 'wait' || isFunction(value), "'wait' or a function")
  for (const each of [given.hooks ?? []].flat()) checkHooks(each)
  check('settings', given.settings, isObject, 'an object')
  check('parent', given.parent, isObject, "what the tool's execute got as second argument")
  check('signal', given.signal, isSignal, 'the signal of an AbortController, not frozen')
  check('budget', given.budget, isObject, 'an object with limits')
  if (options.budget !== undefined) checkBudget(options.budget)
}

/**
 * Checks a person's answer: only what says yes in so many words is one.
 * @throws {RETINUE_OPTION_INVALID} for whatever is neither a yes nor a no.
 */
export function checkAnswer(toolCallId: string, answer: ApprovalAnswer): void {
  const said = isObject(answer) ? (answer as { readonly approved?: unknown }).approved : answer
  if (typeof said !== 'boolean') {
    throw refused(`answer to '${toolCallId}'`, answer, 'true, false, or { approved: true or false, reason }')
  }
}

function checkBudget({ steps, tokens, timeMs, cost, price, ...others }: BudgetLimits): void {
  // A misspelt limit would be none.
  for (const [name, value] of Object.entries(others))
    throw refused(`option 'budget.${name}'`, value, 'steps, tokens, timeMs, or cost with price')
  for (const [name, limit] of Object.entries({ steps, tokens, timeMs, cost })) {
    checkLimit(`budget.${name}`, limit)
  }
  check('budget.price', price, isFunction, 'a function of the usage and the model')
  if (cost !== undefined && price === undefined) {
    throw new RetinueError(
      'RETINUE_OPTION_INVALID',
      "The budget limits the cost, and has no 'budget.price'.",
      {
        hint: 'Give it price(usage, model), which says what a usage costs.',
      },
    )
  }
}

/** A misspelt veto would be none. What an instance has beside its hooks is its own. */
function checkHooks(hooks: unknown): void {
  if (!isObject(hooks)) throw refused("option 'hooks'", hooks, 'an object with functions, or a list of such')
  if (Object.getPrototypeOf(hooks) !== Object.prototype) return
  for (const [name, value] of Object.entries(hooks))
    if (!Object.hasOwn(hookNames, name))
      throw refused(`the hook '${name}'`, value, Object.keys(hookNames).join(', '))
}

const hookNames: Readonly<Record<keyof RunHooks, true>> = {
  onEvent: true,
  around: true,
  beforeModel: true,
  afterModel: true,
  beforeTool: true,
  afterTool: true,
}

const limits = [
  'maxSteps',
  'maxParallelTools',
  'toolTimeoutMs',
  'maxRetries',
  'retryDelayMs',
  'maxResultChars',
  'maxContextTokens',
] as const

const choices: Readonly<Record<string, readonly unknown[]>> = {
  onBusy: ['queue', 'reject', 'steer'],
  promptCache: ['5m', '1h', false],
}

const functions = ['compact', 'approvalPolicy'] as const

function wants(name: string): string {
  return choices[name]!.map(shown).join(' or ')
}

function checkLimit(name: string, limit: unknown): void {
  check(name, limit, (value) => typeof value === 'number' && value >= 0, 'a number that is not below 0')
}

function check(name: string, value: unknown, fits: (value: unknown) => boolean, wanted: string): void {
  if (value !== undefined && !fits(value)) throw refused(`option '${name}'`, value, wanted)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** What has been frozen can't abort any more: the runtime keeps what it needs for that on it. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>
  const canListen = isFunction(addEventListener) && isFunction(removeEventListener)
  return typeof aborted === 'boolean' && canListen && !Object.isFrozen(value)
}

function refused(what: string, value: unknown, wanted: string): RetinueError {
  return new RetinueError('RETINUE_OPTION_INVALID', `A run does not take ${shown(value)} as ${what}.`, {
    hint: `Give ${wanted}.`,
  })
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return isObject(value) || isFunction(value) ? `a value of type ${typeof value}` : String(value)
}
