// A model call as the hooks of its run let it be made, whether it is a step's or one beside the conversation: they may
// veto it or replace its request, are around it, and may veto what comes of it.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { RetinueError } from '@retinue/kernel'
import type { ModelAnswer } from './model-answer.ts'
import { callModel } from './model-call.ts'
import type { Hooks, ModelHookCall, Veto } from './run-hooks.ts'
import type { RunScope } from './run-scope.ts'

/**
 * Gives the request that is made in the end.
 * @throws {RETINUE_RUN_VETOED}
 */
export function hookedRequest(
  scope: RunScope,
  step: number,
  request: LanguageModelV4CallOptions,
): LanguageModelV4CallOptions | Promise<LanguageModelV4CallOptions> {
  return scope.hooks === undefined ? request : decided(scope.hooks, scope, step, request)
}

async function decided(
  hooks: Hooks,
  scope: RunScope,
  step: number,
  request: LanguageModelV4CallOptions,
): Promise<LanguageModelV4CallOptions> {
  const decision = await hooks.beforeModel(modelHookCall(scope, step, request))
  if ('veto' in decision) throw vetoed(decision)
  return decision.request.abortSignal === scope.signal
    ? decision.request
    : { ...decision.request, abortSignal: scope.signal }
}

/** Calls the model in use, with all that is around it. */
export function callHooked(
  scope: RunScope,
  step: number,
  request: LanguageModelV4CallOptions,
  answer: ModelAnswer,
): Promise<void> {
  const { models, hooks } = scope
  const model = models.current
  if (hooks === undefined) return callModel(model, request, answer, scope)
  const around = { kind: 'model', ...modelHookCall(scope, step, request) } as const
  return hooks.around(around, () => callModel(model, request, answer, scope))
}

/** A model call as hooks are told of it. */
export function modelHookCall(
  { interaction, models }: RunScope,
  step: number,
  request: LanguageModelV4CallOptions,
): ModelHookCall {
  return { interaction, step, model: models.name, request }
}

/** The error of a run that a hook has stopped. */
export function vetoed({ veto }: Veto): RetinueError {
  return new RetinueError('RETINUE_RUN_VETOED', `A hook stopped the run: ${veto}`)
}
