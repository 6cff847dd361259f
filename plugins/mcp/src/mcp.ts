// The plugin as it is seen from outside: a config that holds what was approved. Toolsets are registered as servers are
// connected. Importing this file registers nothing; `index` does.
import { definePlugin } from '@retinue/kernel'
import { McpConfig } from './approval.ts'

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-mcp',
  version: '0.1.0',
  contributes: [McpConfig],
})
