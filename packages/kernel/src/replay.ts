// Replaying patches: the way back from what `committed` told to a state. Values are checked as on any write, so a
// patch that does not fit throws, and the batch around it leaves nothing behind.
import { RetinueError } from './errors.ts'
import type { Layer } from './layers.ts'
import { isTypeName } from './name.ts'
import { checkArgument, type OptionRule } from './options.ts'
import { isSecretRef, loadedSecret } from './secret.ts'
import { excludedOf, toolsOf } from './tool-list.ts'
import type { FieldPatch, ListPatch, OwnerPatch, Patch, RequestPatch } from './patch.ts'
import { unknownType } from './unknown-type.ts'
import { isObject } from './value.ts'

const aPatchList: OptionRule = ['a list of them', (list) => Array.isArray(list) && list.every(isObject)]

/** Puts patches into effect on a layer, in order. */
export function replay(layer: Layer, patches: readonly Patch[]): void {
  checkArgument('replay()', 'patches', patches, aPatchList, 'RETINUE_PATCH_INVALID')
  const agents = patches.filter((patch) => !('type' in patch) && (patch as OwnerPatch).field === 'agent')
  for (const patch of patches) {
    if (`${patch.owner}`.split(':')[0] !== layer.type) throw unfit(layer, `it is of ${patch.owner}`)
    if ('list' in patch) replayList(layer, patch)
    else if ('requested' in patch) replayRequest(layer, patch)
    else if ('type' in patch) replayField(layer, patch)
    else if (!agents.includes(patch) || patch === agents.at(-1)) replayOwner(layer, patch) // agents in between left nothing
  }
}

function replayRequest(layer: Layer, { kind, type, requested }: RequestPatch): void {
  if (![kind, type].every((name) => typeof name === 'string' && isTypeName(name)))
    throw unfit(layer, `'${kind}.${type}' is no name`)
  layer.setRequest(`${kind}.${type}`, requested)
}

function replayField(layer: Layer, patch: FieldPatch): void {
  const entry = layer.registry.at(`${patch.kind}.${patch.type}`)
  if (entry?.shape === undefined) throw unknownType(layer.registry, patch.type, patch.kind)
  const index = entry.shape.index(patch.field)
  layer
    .cell(entry)
    .write(index, entry.shape.secret(index) === undefined ? patch.to : secretOf(layer, patch.to))
}

/** A reference of this process is taken as it is. What lived in the memory of another is not in a patch: nothing is set. */
function secretOf(layer: Layer, to: unknown): unknown {
  if (isSecretRef(to)) return to
  const isGone = (to as { readonly $secret?: unknown } | undefined)?.$secret === 'value'
  return isGone ? undefined : (loadedSecret(to, layer.secrets) ?? to)
}

function replayList(layer: Layer, { list, index, removed, added }: ListPatch): void {
  const target = listOf(layer, list)
  if (target === undefined) throw unfit(layer, `it has no list '${list}'`)
  const lists = Array.isArray(removed) && Array.isArray(added) && Number.isInteger(index) && index >= 0
  if (!lists || index + removed.length > target.length) throw unfit(layer, `'${list}' has no such place`)
  target.splice(index, removed.length, ...added)
}

/** A list, for items that are checked when they come in. */
interface AnyList {
  readonly length: number
  splice(index: number, count: number, ...items: unknown[]): unknown
}

function listOf(layer: Layer, list: string): AnyList | undefined {
  if (list === 'tools') return toolsOf(layer)
  if (list === 'excluded') return excludedOf(layer)
  return list === 'messages' ? (layer.owner as { readonly messages?: AnyList }).messages : undefined
}

function replayOwner(layer: Layer, { field, to }: OwnerPatch): void {
  const owner = layer.owner as Record<string, unknown>
  if (field === 'instructions' || field === 'model') owner[field] = to
  else if (field === 'quarantine' && Array.isArray(to)) layer.setQuarantine(to)
  else if (field === 'stored' && Array.isArray(to)) layer.keepStored((key) => to.includes(key))
  else if (field !== 'agent' || to !== layer.agent?.name) throw unfit(layer, `'${field}' can't be replayed`)
}

function unfit(layer: Layer, why: string): RetinueError {
  return new RetinueError('RETINUE_PATCH_INVALID', `A patch does not fit the ${layer.label}: ${why}.`, {
    hint: 'Give each owner its own. Set session.agent yourself.',
  })
}
