// The public surface: hooks that trace the runs they are given to.
export { tracing, type TracingOptions } from './tracing.ts'
