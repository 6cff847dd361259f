// The one process-wide slot: copies of the kernel in one process find the same registry in it. The slot carries a
// contract number, which stands for everything that copies rely on in each other; only equal numbers go together. A test
// has the names that a number stands for.
import type { Disposer } from './emitter.ts'
import { RetinueError } from './errors.ts'
import { createRegistry, type Registry } from './registry.ts'
import type { Plugin } from './tool.ts'

/** What copies of the kernel must have in common to share a registry. */
export const contract = 1

/** The version of this copy. */
export const kernelVersion = '0.1.0'

interface Slot {
  readonly contract: number
  readonly registry: Registry
  /** Every copy that found the slot, the one that made it first. */
  readonly copies: { readonly version: string; readonly file: string }[]
}

/**
 * Finds the shared registry, or makes it.
 * @throws {RETINUE_KERNEL_CONFLICT} when the copy that made it has another contract.
 */
export function sharedRegistry(
  scope: object,
  own: { contract: number; version: string; file: string },
): Registry {
  const slots = scope as { [SLOT]?: Slot }
  const slot = (slots[SLOT] ??= { contract: own.contract, registry: createRegistry(), copies: [] })
  const { version, file } = own
  if (!slot.copies.some((copy) => copy.file === file)) slot.copies.push({ version, file })
  if (slot.contract === own.contract) return slot.registry
  const first = slot.copies[0]!
  throw new RetinueError(
    'RETINUE_KERNEL_CONFLICT',
    `Two copies of @retinue/kernel do not go together: ${first.version} (${first.file}, contract ${slot.contract}) and ${version} (${file}, contract ${own.contract}).`,
    { hint: 'Make it a peer dependency: npm ls @retinue/kernel shows who brings it.' },
  )
}

const SLOT: unique symbol = Symbol.for('@retinue/kernel') as never

/** The registry that importing a plugin registers in. It holds definitions only. */
export const registry: Registry = sharedRegistry(globalThis, {
  contract,
  version: kernelVersion,
  file: import.meta.url,
})

/** Registers a plugin in the shared registry: the one line of a plugin's entry. */
export function register(plugin: Plugin): Disposer {
  return registry.register(plugin)
}
