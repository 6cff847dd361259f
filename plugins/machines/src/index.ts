// The entry of the package: importing it registers the kind, and types `machines` on what has them.
// All else is pure; import './machine.ts' alone has no effect.
import { type PresenceChanged, register } from '@retinue/kernel'
import { type Machines, plugin } from './machine.ts'

declare module '@retinue/kernel' {
  interface AgentConfig {
    readonly machines: Machines
  }
  interface ChatSession {
    readonly machines: Machines
  }
  interface InteractionContext {
    readonly machines: Machines
  }
  interface SessionEvents {
    machineAdded: PresenceChanged
    machineRemoved: PresenceChanged
  }
}

register(plugin)

export { Chart, type Position, type TriggerObject } from './chart.ts'
export { errorCodes, type MachineErrorCode } from './errors.ts'
export * from './machine.ts'
export { whileIn } from './while-in.ts'
export { triggerTool, type TriggerToolOptions } from './trigger-tool.ts'
export { defineToggle, type ToggleClass, type ToggleItem } from './toggle.ts'
export { endTurn } from './turn.ts'
