// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './memory.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { type Memories, type memory, type MemoryConfig, type MemorySection, plugin } from './memory.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    memory: MemoryConfig
  }
  interface ContextTypes {
    memories: Memories
  }
  interface SectionTypes {
    memory: MemorySection
  }
  interface ToolsetTypes {
    memory: typeof memory
  }
}

register(plugin)

export { errorCodes, type MemoryErrorCode } from './errors.ts'
export * from './memory.ts'
export type { Memory, Scope, Shelf } from './shelf.ts'
