// What a person should know before they talk to a session: what it lacks of what it was meant to have.
import type { ChatSession } from '@retinue/kernel'
import { type Application, type ChosenModel, offlineNotice } from './application.ts'
import { firstSentence, reasonOf } from './failure.ts'
import { safeLine } from './terminal/safe-text.ts'

/** Names what is missing: a model, plugins that could not be loaded, tools that can't be in force. */
export function shortcomingsOf(
  { refused }: Application,
  { tools }: ChatSession,
  { isOffline }: ChosenModel,
): readonly string[] {
  return [
    ...(isOffline ? [offlineNotice] : []),
    ...refused.map(({ what, error }) => `${what} could not be loaded: ${safeLine(reasonOf(error))}`),
    ...tools.unresolved.map(({ reason }) => `${firstSentence(reason)} retinue doctor says more.`),
  ]
}
