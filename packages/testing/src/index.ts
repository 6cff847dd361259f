// The public surface of @retinue/testing: a model that plays a script, a session to try things in, and the contract that
// plugins keep.
export { scriptedModel, type Script, type ScriptedModel } from './model/scripted-model.ts'
export type { ScriptedAnswer, ScriptedCall, ScriptedRequest, ScriptedStep } from './model/step.ts'
export { blockParts, callParts, finishPart, type ProviderVersion } from './model/stream-parts.ts'

export { testSession, type TestSession, type TestSessionOptions } from './test-session.ts'
export { callTool, type CallToolOptions } from './call-tool.ts'

export { testPlugin, type TestFunction } from './plugin/test-plugin.ts'
export type { PluginOptions } from './plugin/subject.ts'

export { errorCodes, type TestingErrorCode } from './errors.ts'
