// What a configuration imports. The command itself is `bin.ts`; this file loads nothing of it.
export { defineConfig, type RetinueConfig } from './config.ts'
export { errorCodes, type CliErrorCode } from './errors.ts'
