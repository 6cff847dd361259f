// A model call beside the conversation: about messages, answered by a text that nobody hears but whoever asks.
import type { Message } from '@retinue/kernel'
import { CallIds } from './call-ids.ts'
import { History } from './history.ts'
import { ModelAnswer } from './model-answer.ts'
import { callModel } from './model-call.ts'
import { modelRequest } from './model-request.ts'
import { type StepScope, viewIn } from './step.ts'
import type { Usage } from './usage.ts'

/** Asks the model in use about messages; `used` hears what that cost, also where it failed. */
export async function askAside(
  scope: StepScope,
  messages: readonly Message[],
  question: string,
  used: (usage: Usage) => void,
): Promise<string> {
  const { session, interaction, models, maxResultChars } = scope
  const model = models.current
  const history = new History({ version: model.specificationVersion, maxResultChars })
  const asked: Message = { role: 'user', parts: [{ type: 'text', text: question }] }
  history.look([...messages, asked])
  const shown = { forms: history.forms.bind(history), isCut: viewIn(scope).isCut, brokenOff: 0 }
  const aside = { ...scope, output: undefined, promptCache: false } as const
  // The same prompt and tools as ever, so that a prompt cache has their beginning.
  const request = modelRequest(aside, model, session.prompt({ interaction }), shown)
  if (request.tools !== undefined) request.toolChoice = { type: 'none' }
  const answer = new ModelAnswer(0, new CallIds(), () => {})
  try {
    await callModel(model, request, answer, scope)
  } finally {
    used(answer.usage)
  }
  return answer.text
}
