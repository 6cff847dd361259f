// The run that another one is within: a run of an interaction, or of another session, that a tool started. The inner
// one finds it by the interaction that it takes place in, or by what the tool passed on as `parent`.
import type { InteractionContext, Signal } from '@retinue/kernel'
import { Attachment } from './attachment.ts'
import type { Place } from './messages.ts'
import type { RunOptions } from './run-options.ts'

/** The run that another one is within; `T` is how runs are known. */
export interface OuterRun<T> {
  readonly turn: T
  readonly interaction: InteractionContext
  /** Each ends the inner run: that of the outer run, and that of the tool's call where it is known, which has a time limit. */
  readonly signals: readonly Signal[]
  readonly toolCallId: string | undefined
}

/** Remembers which run an interaction is of. */
export function enterRun(interaction: InteractionContext, turn: object): void {
  turns.set(interaction, turn)
}

/** Finds the run that one in this place is within, where there is any. */
export function outerRunOf<T extends object>(
  place: Place,
  parent: RunOptions['parent'],
): OuterRun<T> | undefined {
  const call = parent !== undefined && 'interaction' in parent ? parent : undefined
  const inner = call?.interaction ?? (parent as InteractionContext | undefined) ?? place
  if ('messages' in inner) return undefined
  for (let at: InteractionContext | undefined = inner; at !== undefined; at = at.parent) {
    const turn = turns.get(at) as T | undefined
    if (turn === undefined) continue
    const signals = call === undefined ? [at.signal] : [call.signal, at.signal]
    return { turn, interaction: at, signals, toolCallId: call?.toolCallId }
  }
  return undefined
}

const turns = new Attachment<InteractionContext, object>()
