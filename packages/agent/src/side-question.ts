// A model call beside the conversation: about messages, answered by a text that nobody hears but whoever asks.
import type { Message } from '@retinue/kernel'
import { CallIds } from './call-ids.ts'
import { History } from './history.ts'
import { answered, hookedCall, makeCall } from './hooked-call.ts'
import { ModelAnswer } from './model-answer.ts'
import { nameOf } from './model.ts'
import { modelRequest } from './model-request.ts'
import { hasQuirk } from './quirk.ts'
import type { ModelHookCall } from './run-hooks.ts'
import { refusesOwn } from './retry.ts'
import { promptIn, type RunScope, viewIn } from './run-scope.ts'
import type { Usage } from './usage.ts'

/**
 * Asks the model in use about messages. `used` hears what that cost, also where it failed; `undefined` where a hook kept
 * the model from being asked.
 */
export async function askAside(
  scope: RunScope,
  messages: readonly Message[],
  question: string,
  used: (usage: Usage | undefined) => void,
): Promise<string> {
  const { models, maxResultChars } = scope
  const model = models.current
  const history = new History({ version: model.specificationVersion, maxResultChars })
  const asked: Message = { role: 'user', parts: [{ type: 'text', text: question }] }
  history.look([...messages, asked])
  const shown = { forms: history.forms.bind(history), isCut: viewIn(scope).isCut }
  const aside = { ...scope, output: undefined, promptCache: false } as const
  const answer = new ModelAnswer(0, new CallIds(() => false), () => {})
  let call: ModelHookCall | undefined
  const ask = async (): Promise<ModelHookCall> => {
    // The same prompt and tools as ever, so that a prompt cache has their beginning.
    const request = modelRequest(aside, promptIn(scope), shown)
    if (request.tools !== undefined && !hasQuirk(nameOf(model), 'takesToolsAway'))
      request.toolChoice = { type: 'none' }
    call = await hookedCall(scope, 0, request)
    await makeCall(scope, call, answer)
    return call
  }
  let made: ModelHookCall
  try {
    made = await ask().catch((error: unknown) => {
      if (!answer.isEmpty || !refusesOwn(error) || !history.disown()) throw error
      answer.restart()
      return ask()
    })
  } finally {
    used(call && answer.usage)
  }
  const stop = await scope.hooks?.afterModel(answered(made, answer, answer.message(model)))
  if (stop !== undefined) throw stop
  return answer.texts.join('')
}
