// A model call as the hooks of its run let it be made, whether it is a step's or one beside the conversation: they may
// veto it or replace its request, are around it, and may veto what comes of it.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import type { AssistantMessage } from '@retinue/kernel'
import type { ModelAnswer } from './model-answer.ts'
import { callModel } from './model-call.ts'
import type { ModelHookAnswer, ModelHookCall } from './run-hooks.ts'
import type { RunScope } from './run-scope.ts'

/**
 * Gives the call that is made in the end; no promise where there are no hooks.
 * @throws {RETINUE_RUN_VETOED}
 */
export function hookedCall(
  { interaction, models, hooks }: RunScope,
  step: number,
  request: LanguageModelV4CallOptions,
): ModelHookCall | Promise<ModelHookCall> {
  const call = { interaction, step, model: models.name, request }
  return hooks === undefined ? call : hooks.beforeModel(call)
}

/** Makes the call to the model in use, with all that is around it. */
export function makeCall(scope: RunScope, call: ModelHookCall, answer: ModelAnswer): Promise<void> {
  const { models, hooks } = scope
  const work = (): Promise<void> => callModel(models.current, call.request, answer, scope)
  return hooks === undefined ? work() : hooks.around({ kind: 'model', ...call }, work)
}

/** The call with its answer, as hooks are told of it. */
export function answered(
  call: ModelHookCall,
  { response, end: finishReason, usage }: ModelAnswer,
  message: AssistantMessage | undefined,
): ModelHookAnswer {
  return { ...call, message, response, finishReason, usage }
}
