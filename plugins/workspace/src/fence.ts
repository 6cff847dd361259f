// What other plugins that read files stand on: the same root, the same fence around it, and how those who want a thread
// wait for it. Importing it registers nothing; a plugin that stands on it has its entry import the workspace's.
export { explained } from './errors.ts'
export { Line } from './line.ts'
export type { Opened } from './opened.ts'
export { openRoot, type Root } from './root.ts'
export { plugin, WorkspaceConfig } from './workspace.ts'
