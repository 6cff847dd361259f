// What counts as a model: an instance of the AI SDK's provider interface, version 2, 3 or 4, told apart by the number
// that it carries and never by its class, or a name that `model-name.ts` loads. Names are not remembered between runs.
import type { LanguageModelV2, LanguageModelV3, LanguageModelV4 } from '@ai-sdk/provider'
import { RetinueError } from '@retinue/kernel'
import { loadModel, readModelName } from './model-name.ts'

/** A model of any provider package of the AI SDK's family. */
export type Model = LanguageModelV2 | LanguageModelV3 | LanguageModelV4

/**
 * Finds the model that is meant: an instance as it is, a name by loading its provider's package.
 * @throws what `checkModel` throws, and where a name can't be loaded {RETINUE_MODEL_NOT_INSTALLED},
 * {RETINUE_MODEL_NOT_CONFIGURED}.
 */
export function resolveModel(choice: Model | string): Model | Promise<Model> {
  return typeof choice === 'string' ? loadModel(choice).then(checked) : checked(choice)
}

/**
 * Checks what can be known of a model without loading it.
 * @throws {RETINUE_MODEL_UNKNOWN} for a name that names no provider.
 * @throws {RETINUE_MODEL_UNSUPPORTED} for anything that is no model, or one of another version of the interface.
 */
export function checkModel(choice: unknown): Model | string {
  if (typeof choice !== 'string') return checked(choice)
  readModelName(choice)
  return choice
}

/** What a model is called, in one text. */
export function nameOf(model: Model | string): string {
  return typeof model === 'string' ? model : `${model.provider}/${model.modelId}`
}

function checked(choice: unknown): Model {
  const model = (choice ?? {}) as Partial<Model>
  const version = model.specificationVersion
  const isKnown = version === 'v4' || version === 'v3' || version === 'v2'
  if (isKnown && typeof model.doStream === 'function') return choice as Model
  throw unsupported(version, !isKnown && version !== undefined)
}

function unsupported(version: unknown, isOther: boolean): RetinueError {
  const what = isOther
    ? `The model is of version '${String(version)}' of the provider interface; this package speaks v2, v3 and v4.`
    : `What was given as a model has no ${version === undefined ? 'specificationVersion' : 'doStream'}.`
  return new RetinueError('RETINUE_MODEL_UNSUPPORTED', what, {
    hint: isOther
      ? 'Install a version of its provider package that matches, or a newer @retinue/agent.'
      : "Pass what a provider package makes, for example openai('gpt-5') of '@ai-sdk/openai', or offlineModel().",
    details: { specificationVersion: version },
  })
}
