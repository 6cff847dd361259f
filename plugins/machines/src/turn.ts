// The passing of turns, as a trigger that every machine may take. A machine keeps no time of its own: somebody tells it
// that a turn ended.
import type { ChatSession } from '@retinue/kernel'
import type { MachineItem } from './machine.ts'

/** The trigger that tells a machine that a turn ended. */
export const turn = 'turn'

/**
 * Tells the machines of a session that a turn ended, in one transaction: those that take the trigger `turn` now.
 *
 * @example
 * await run(session, 'And in detail?').result
 * endTurn(session)
 * @example
 * session.on('turnEnded', () => endTurn(session)) // whenever a run of @retinue/agent is over
 */
export function endTurn(session: ChatSession): void {
  const { machines } = session
  session.batch(() => {
    for (const type of machines.$types()) {
      const item = machines.$peek(type as never) as unknown as MachineItem
      if (item.can(turn)) item.send(turn)
    }
  })
}
