// What counts as a model: an instance of the AI SDK's provider interface, version 2, 3 or 4, told apart by the number
// that it carries and never by its class, or a name that `model-name.ts` loads. Names are not remembered between runs.
import type { LanguageModelV2, LanguageModelV3, LanguageModelV4 } from '@ai-sdk/provider'
import { RetinueError } from '@retinue/kernel'
import { loadModel } from './model-name.ts'

/** A model of any provider package of the AI SDK's family. */
export type Model = LanguageModelV2 | LanguageModelV3 | LanguageModelV4

/**
 * Finds the model that is meant: an instance as it is, a name by loading its provider's package.
 * @throws {RETINUE_MODEL_MISSING} where nothing is configured.
 * @throws {RETINUE_MODEL_UNSUPPORTED} for anything that is no model, or one of another version of the interface.
 */
export function resolveModel(choice: unknown): Model | Promise<Model> {
  if (choice === undefined || choice === null || choice === '') throw missing()
  if (typeof choice === 'string') return loadModel(choice).then(checked)
  return checked(choice)
}

function checked(choice: unknown): Model {
  const model = choice as Partial<Model>
  const version = model.specificationVersion
  const known = version === 'v4' || version === 'v3' || version === 'v2'
  if (known && typeof model.doStream === 'function') return choice as Model
  throw unsupported(version)
}

function missing(): RetinueError {
  return new RetinueError('RETINUE_MODEL_MISSING', 'Neither the run nor its agent names a model.', {
    hint: "Pass one (run(session, input, { model })), or set it on the agent: an instance of an AI SDK provider, or a name such as 'openai/gpt-5'. Without a key, offlineModel() answers from the tools alone.",
  })
}

function unsupported(version: unknown): RetinueError {
  const what =
    typeof version === 'string'
      ? `The model is of version '${version}' of the provider interface; this package speaks v2, v3 and v4.`
      : 'What was given as a model has no specificationVersion, or no doStream.'
  return new RetinueError('RETINUE_MODEL_UNSUPPORTED', what, {
    hint:
      typeof version === 'string'
        ? 'Install a version of its provider package that matches, or a newer @retinue/agent.'
        : "Pass what a provider package makes, for example openai('gpt-5') of '@ai-sdk/openai', or offlineModel().",
    details: { specificationVersion: version },
  })
}
