// Changes of an owner itself: what it is on, and what code asked it for. Each is put into effect as a transaction of its
// own, or as part of the open one. Those of fields stand with their cells, those of lists with their lists.
import type { Layer } from './layers.ts'
import { partsOfKey } from './name.ts'

/**
 * Sets something of the owner itself: its agent, its model, its quarantine. `shown` is how a patch tells of it. No change
 * where it is so already.
 */
export function changeOwner<T>(
  layer: Layer,
  field: string,
  from: T,
  to: T,
  set: (value: T) => void,
  shown: (value: T) => unknown = (value) => value,
): void {
  if (to === from) return
  layer.refuseEnded()
  set(to)
  layer.domain.record({
    party: layer,
    undo: () => set(from),
    reach: (reached) => {
      layer.reach(reached)
      layer.user?.reach(reached) // the tools of another agent request other configs there
    },
    patch: () => {
      const [before, after] = [shown(from), shown(to)]
      return {
        owner: layer.label,
        field,
        ...(before !== undefined && { from: before }),
        ...(after !== undefined && { to: after }),
      }
    },
  })
}

/** Has code ask an owner for an item, or give it up. */
export function changeRequest(layer: Layer, key: string, requested: boolean): void {
  const before = layer.requested
  const after = new Set(before)
  if (requested) after.add(key)
  else after.delete(key)
  const set = (keys: Set<string> | undefined): void => {
    layer.requested = keys
    layer.flipped()
  }
  set(after)
  layer.domain.record({
    party: layer,
    undo: () => set(before),
    reach: (reached) => layer.reach(reached),
    patch: () => {
      const [kind, type] = partsOfKey(key)
      return { owner: layer.label, kind, type, requested }
    },
  })
}
