// The entry of the package: importing it registers the plugin, and types dot access to what it contributes. It starts
// and reaches nothing; `connectServer` does.
import { register } from '@retinue/kernel'
import type { McpConfig } from './approval.ts'
import { plugin } from './mcp.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    mcp: McpConfig
  }
}

register(plugin)

export { approve, McpConfig, type Approvable } from './approval.ts'
export { connectServer, type ConnectedServer, type ConnectOptions } from './connected-server.ts'
export { errorCodes, type McpErrorCode } from './errors.ts'
export type { ServerState } from './lifeline.ts'
export { plugin } from './mcp.ts'
export type { McpTool } from './offer.ts'
export type { McpPrompt } from './prompts.ts'
export type { McpResource } from './resources.ts'
export type { ResultPart } from './result-parts.ts'
export type { HttpServer, SecretText, ServerLimits, ServerOptions, StdioServer } from './server-options.ts'
