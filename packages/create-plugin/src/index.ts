// The public surface of create-retinue-plugin, for programs; people run its command.
export { scaffoldPlugin, type NewPlugin } from './scaffold.ts'
export { parts, type Part } from './part.ts'
export { errorCodes, type CreatePluginErrorCode } from './errors.ts'
