// What a person should know before they talk to a session: what it lacks of what it was meant to have.
import type { Loaded } from '@retinue/store'
import { type Application, type ChosenModel, offlineNotice } from './application.ts'
import { firstSentence, reasonOf } from './failure.ts'
import { safeLine } from './terminal/safe-text.ts'

/** Names what is missing: a model, the agent of a saved session, plugins that could not be loaded, tools that can't be in force. */
export function shortcomingsOf(
  { refused, agents }: Application,
  { session: { tools }, report }: Loaded,
  { isOffline }: ChosenModel,
): readonly string[] {
  return [
    ...(isOffline ? [offlineNotice] : []),
    ...agentGone(report, agents),
    ...refused.map(({ what, error }) => `${what} could not be loaded: ${safeLine(reasonOf(error))}`),
    ...tools.unresolved.map(({ reason }) => `${firstSentence(reason)} retinue doctor says more.`),
  ]
}

/** Says that another agent goes on with a session, because its own is not there. */
function agentGone(report: Loaded['report'], agents: Application['agents']): readonly string[] {
  const { saved, given } = report?.agent ?? { saved: null, given: null }
  if (saved === null || agents.has(saved)) return []
  return [safeLine(`The agent of this session, '${saved}', is not there: '${given}' takes its place.`)]
}
