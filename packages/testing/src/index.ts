// The public surface of @retinue/testing: a model and a fetch that play scripts, a session to try things in, and the
// contracts that plugins and stores keep.
export { scriptedModel, type Script, type ScriptedModel } from './model/scripted-model.ts'
export type { ScriptedAnswer, ScriptedCall, ScriptedRequest, ScriptedStep } from './model/step.ts'
export { blockParts, callParts, finishPart, type ProviderVersion } from './model/stream-parts.ts'

export { scriptedFetch, type ScriptedFetch } from './fetch/scripted-fetch.ts'
export type { FetchAnswer, FetchRequest, FetchScript, FetchStep } from './fetch/fetch-step.ts'

export { testSession, type TestSession, type TestSessionOptions } from './test-session.ts'
export { callTool, type CallToolOptions } from './call-tool.ts'

export type { TestFunction } from './contract-test.ts'
export { testPackage, testPlugin } from './plugin/test-plugin.ts'
export type { PluginOptions } from './plugin/subject.ts'

export { testStore, type StoreOptions } from './store/test-store.ts'
export type { StoreChange, StoreLease, StoreOp, TestedStore } from './store/tested-store.ts'

export { errorCodes, type TestingErrorCode } from './errors.ts'
