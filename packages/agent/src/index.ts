// The public surface of the agent package: a run and its answers, its events and options, the models it takes, and the
// model that needs none.
export { resume, Run, run } from './run.ts'
export { pendingApprovals } from './opening.ts'
export type { RunInput } from './run-input.ts'
export { checkRunOptions } from './option-check.ts'
export type { ModelSettings, OnBusy, OutputOf, RunOptions, WithOutput } from './run-options.ts'
export type { RunResult } from './run-result.ts'
export type {
  HookedRun,
  HookedWork,
  ModelHookAnswer,
  ModelHookCall,
  ModelResponse,
  RunHooks,
  ToolHookCall,
  ToolHookResult,
  Veto,
} from './run-hooks.ts'

export type { FinishReason } from './finish-reason.ts'
export type * from './run-event.ts'
export type { BudgetLimits } from './budget.ts'
export type { Usage } from './usage.ts'

export type {
  ApprovalAnswer,
  ApprovalAnswers,
  ApprovalPolicy,
  ApprovalRequest,
  Approve,
  PolicyCall,
} from './approval.ts'
export type { Asker } from './asker.ts'

export {
  compactHistory,
  dropResults,
  summarise,
  type CompactedHistory,
  type Compaction,
  type CompactionCall,
} from './compaction.ts'

export { resolveModel, type Model } from './model.ts'
export type { ModelOption } from './model-choice.ts'
export type { PromptCache } from './prompt-cache.ts'
export { offlineModel, type OfflineModel } from './offline/offline-model.ts'

export { errorCodes, type AgentErrorCode } from './errors.ts'
