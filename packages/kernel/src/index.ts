// The public surface of @retinue/kernel, grouped in the order in which people meet it.

// Defining: pure, nothing happens until it is registered.
export { Config, Context, defineKind, Section, type Kind, type SectionKind } from './entry.ts'
export type { KindOptions, KindSpec, OwnerType } from './kind.ts'
export { compileSchema, Type, type CompiledSchema, type SchemaProblem } from './schema.ts'
export type { Static, TObject, TProperties, TSchema } from './schema.ts'
export { Secret, type SecretOptions, type SecretRef, type SecretSource, type SecretType } from './secret.ts'
export {
  definePlugin,
  defineTool,
  defineToolset,
  publishedName,
  type Contribution,
  type Effect,
  type Plugin,
  type RunContext,
  type Tool,
  type ToolOptions,
  type Toolset,
} from './tool.ts'

// The types that plugins augment, and those of what they define.
export type {
  Bag,
  BagMembers,
  ConfigTypes,
  ContextTypes,
  Data,
  EntryClass,
  EntryOptions,
  FieldChanged,
  Fields,
  Form,
  Frozen,
  Item,
  Need,
  PresenceChanged,
  SectionOptions,
  SectionTypes,
  SessionEvents,
  Slot,
  Source,
  Spelled,
  Spelling,
  Stability,
  Template,
  TemplateView,
  BagView,
  ToolsetChanged,
  ToolsetTypes,
  UnresolvedTool,
  Values,
} from './types.ts'

// Registering.
export {
  createRegistry,
  type Origin,
  type Registration,
  type Registry,
  type RegistryEvents,
} from './registry.ts'
export type { Catalogue } from './catalogue.ts'
export { contract, kernelVersion, register, registry } from './shared.ts'

// Living.
export { AgentConfig, type AgentOptions, type AgentSnapshot, type Model } from './agent.ts'
export {
  ChatSession,
  type SessionOptions,
  type SessionRestoreOptions,
  type SessionSnapshot,
} from './session.ts'
export { ChatUser, type UserOptions, type UserSnapshot } from './user.ts'
export { homeOf, InteractionContext, type InteractionOptions, type Merge } from './interaction.ts'
export { SessionManager } from './manager.ts'
export type { BagContents, Owner } from './owner.ts'
export type { BagContent } from './bag.ts'
export type { Quarantined } from './holdings.ts'
export type { Signal } from './signal.ts'
export { openSecrets, type SecretReader } from './secret-reader.ts'

// Observing.
export type { Disposer } from './emitter.ts'
export { ObservableList, type ListEvents, type Splice } from './observable-list.ts'
export type { ObserverError } from './delivery.ts'
export type { Committed, FieldPatch, ListPatch, OwnerPatch, Patch, RequestPatch } from './patch.ts'
export type { PublishedTool, ToolKey, ToolList } from './tool-list.ts'

// The conversation and the prompt.
export type {
  AssistantMessage,
  FilePart,
  Message,
  ProviderMetadata,
  ProviderPart,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolMessage,
  ToolOutput,
  ToolResultPart,
  UserMessage,
} from './message.ts'
export { estimateTokens, type PromptTool } from './plan.ts'
export { fence } from './template.ts'
export type { Notice } from './layout.ts'
export type { Prompt, PromptOptions } from './prompt.ts'
export type { PromptPart } from './rendering.ts'
export type { Explanation, Requester } from './explain.ts'

// Saving.
export { defaultLimits, type Limits } from './limits.ts'
export type { Report, RestoreOptions } from './loading.ts'
export type { OwnerSnapshot, SavedBag, SnapshotOptions } from './snapshot.ts'
export type { StoredItem } from './shape.ts'
export type { Json } from './value.ts'

// Options, for packages that take some.
export { checkOptions, option, type KnownOptions, type OptionRule, type OptionRules } from './options.ts'

// Errors.
export { RetinueError, type ErrorCode, type ErrorOptions } from './errors.ts'
