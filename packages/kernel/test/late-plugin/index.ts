import { register } from '../../src/index.ts'
import { plugin } from './late-plugin.ts'

declare module '../../src/index.ts' {
  interface ContextTypes {
    lateNews: import('./late-plugin.ts').LateNews
  }
}
export const dispose = register(plugin)
export * from './late-plugin.ts'
