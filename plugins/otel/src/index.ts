// The public surface: hooks that trace the runs they are given to.
export { errorCodes, type OtelErrorCode } from './errors.ts'
export { tracing, type TracingOptions } from './tracing.ts'
