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

/** A copy of the kernel. */
interface Copy {
  readonly contract: number
  readonly version: string
  readonly file: string
}

/** The registry, and the copy that made it. */
interface Slot extends Copy {
  readonly registry: Registry
}

/**
 * Finds the shared registry, or makes it.
 * @throws {RETINUE_KERNEL_CONFLICT} when the copy that made it has another contract.
 */
export function sharedRegistry(scope: object, own: Copy): Registry {
  const slots = scope as { [SLOT]?: Slot }
  const slot = (slots[SLOT] ??= { ...own, registry: createRegistry() })
  if (slot.contract === own.contract) return slot.registry
  throw new RetinueError(
    'RETINUE_KERNEL_CONFLICT',
    `Two copies of @retinue/kernel do not go together: ${nameOf(slot)} and ${nameOf(own)}.`,
    { hint: 'Make it a peer dependency: npm ls @retinue/kernel shows who brings it.' },
  )
}

function nameOf(copy: Copy): string {
  return `${copy.version} (${copy.file}, contract ${copy.contract})`
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
