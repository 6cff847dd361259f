import { inspect } from 'node:util'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import { bagOf } from '../cast.ts'
import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { gettersOf } from '../getters.ts'
import { entriesOf, registryWith } from '../subject.ts'

/** A toolset that came, was looked at and left is nowhere any more. */
export const residue: Check = {
  name: 'adding and removing its tools leaves no trace',
  run(subject) {
    const registry = registryWith(subject)
    const entries = entriesOf(registry, subject)
    for (const { kind, type } of entries) {
      if (kind.name !== 'toolset') continue
      const user = new ChatUser({ id: 'ada', registry })
      const agent = new AgentConfig({ name: 'tester', registry })
      using session = new ChatSession({ id: 'one', user, agent })
      const saved = (): string => [user, agent, session].map((owner) => JSON.stringify(owner)).join('\n')
      const before = saved()
      agent.tools.push(type)
      {
        using turn = session.interact({ input: 'Hello' })
        for (const entry of entries) {
          for (const owner of [user, agent, session, turn]) {
            const item = bagOf(owner, entry)?.$peek(entry.type)
            if (item !== undefined) inspect([JSON.stringify(item), ...gettersOf(item)])
          }
        }
        session.prompt({ interaction: turn })
      }
      session.prompt()
      agent.tools.remove(type)
      const after = saved()
      if (before === after) continue
      throw broken(
        `The toolset '${type}' came and left, and left something behind:\n${before}\n${after}`,
        'Reading must write nothing: let getters and templates compute, and tools store.',
      )
    }
  },
}
