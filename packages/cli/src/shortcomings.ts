// What a person should know before they talk to a session: what it lacks of what it was meant to have.
import type { Quarantined } from '@retinue/kernel'
import type { Loaded } from '@retinue/store'
import { type Application, type ChosenModel, offlineNotice } from './application.ts'
import { firstSentence, reasonOf } from './failure.ts'
import { ownName } from './own-name.ts'
import { shortId } from './session-table.ts'
import { safeLine } from './terminal/safe-text.ts'

/** Names what is missing: a model, the agent of a saved session, what did not survive its loading, plugins that could not be loaded, tools that can't be in force. */
export function shortcomingsOf(
  { refused, agents }: Application,
  { session: { id, tools }, report }: Loaded,
  { isStandIn }: ChosenModel,
): readonly string[] {
  return [
    ...(isStandIn ? [offlineNotice] : []),
    ...agentGone(report, agents),
    ...setAside(id, report?.quarantined ?? []),
    ...refused.map(({ what, error }) => `${what} could not be loaded: ${safeLine(reasonOf(error))}`),
    ...tools.unresolved.map(({ reason }) => `${firstSentence(reason)} ${ownName} doctor says more.`),
  ]
}

/** Says that another agent goes on with a session, because its own is not there. */
function agentGone(report: Loaded['report'], agents: Application['agents']): readonly string[] {
  const { saved, given } = report?.agent ?? { saved: null, given: null }
  if (saved === null || agents.has(saved)) return []
  return [safeLine(`The agent of this session, '${saved}', is not there: '${given}' takes its place.`)]
}

/** Says that a part of a session can't be used. It is kept, and where it is told once only, `inspect` has it. */
export function setAside(id: string, [first]: readonly Quarantined[]): readonly string[] {
  if (first === undefined) return []
  const why = safeLine(`${first.at}: ${first.reason}`)
  return [
    `Not all of this session can be used (${why}); ${ownName} inspect ${shortId(id)} shows what is set aside.`,
  ]
}
