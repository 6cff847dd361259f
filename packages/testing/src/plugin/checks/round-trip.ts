import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { castOf } from '../cast.ts'
import { registryWith } from '../subject.ts'

/** What is saved as JSON comes back as it was. */
export const roundTrip: Check = {
  name: 'what it saves is JSON, and comes back as it was',
  run(subject) {
    for (let seed = 0; seed < 8; seed++) {
      const { user, agent, session } = castOf(subject, seed)
      const saved = [user, agent, session].map((owner) => JSON.stringify(owner)) as [string, string, string]
      const registry = registryWith(subject)
      const again = ChatUser.restore(saved[0], { registry })
      const other = AgentConfig.restore(saved[1], { registry })
      const third = ChatSession.restore(saved[2], { user: again.user, agent: other.agent, registry })
      const lost = [again, other, third].flatMap(({ report }) => report.quarantined)[0]
      if (lost !== undefined) {
        throw broken(
          `What it saved does not load: ${lost.at}${lost.field === undefined ? '' : `.${lost.field}`}: ${lost.reason}`,
          'A schema must take each value that it took before, whenever it is asked: keep no state in its checks.',
        )
      }
      const loaded = [again.user, other.agent, third.session].map((owner) => JSON.stringify(owner))
      const changed = saved.findIndex((text, i) => text !== loaded[i])
      if (changed < 0) continue
      throw broken(
        `A snapshot comes back as another one:\n${saved[changed]}\n${loaded[changed]}`,
        'Store plain JSON only, and derive the rest in getters.',
      )
    }
  },
}
