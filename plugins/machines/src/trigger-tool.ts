// A tool by which the model fires a machine's triggers: those that its author names, and no others.
import { checkOptions, defineTool, type KnownOptions, option, type Tool, Type } from '@retinue/kernel'
import { chartOf, names } from './chart.ts'
import type { MachineClass } from './machine.ts'

/** What a tool that fires triggers is made of. */
export interface TriggerToolOptions {
  /** What the model is told: what the triggers mean, and when to fire them. */
  readonly description: string
  /** The triggers that the model may fire. They come without data. */
  readonly triggers: readonly [string, ...string[]]
}

/**
 * Makes a tool that fires triggers of a machine. What the machine does not take is told to the model, and changes
 * nothing.
 *
 * @example
 * defineToolset('tone', { needs: [Tone], tools: {
 *   report: triggerTool(Tone, { description: 'Notes how the customer feels.', triggers: ['complain', 'thank'] }),
 * } })
 * @throws {RETINUE_MACHINE_TRIGGER} when no state of the machine takes one of the triggers.
 */
export function triggerTool(machine: MachineClass, options: TriggerToolOptions): Tool {
  const chart = chartOf(machine)
  checkOptions('triggerTool()', options, toolOptions, 'RETINUE_DEFINITION_INVALID', 'description', 'triggers')
  const { description, triggers } = options
  return defineTool({
    description,
    input: Type.Object({
      trigger: Type.Enum(
        triggers.map((each) => chart.knownTrigger(each)),
        { type: 'string' },
      ),
    }),
    execute({ trigger }, run) {
      const item = run.home.machines.$get(machine)
      const taken = (): string[] =>
        triggers.filter((each) => item.triggers.some((named) => names(named, each)))
      if (!item.can(trigger)) throw chart.refused(item.state, { type: trigger }, taken())
      item.send(trigger)
      const takes = taken()
      const onward = takes.length === 0 ? 'Nothing leads on from here.' : `It takes: ${takes.join(', ')}.`
      return `'${machine.type}' is now in ${chart.told(item.state)}. ${onward}`
    },
  })
}

const toolOptions: KnownOptions<TriggerToolOptions> = {
  description: option.text,
  triggers: ['a list of triggers', (triggers) => Array.isArray(triggers) && triggers.length > 0],
}
