// What a manager of stored sessions is made of and can be asked for, and what checks that before anything is read or
// written.
import {
  type AgentConfig,
  type ChatSession,
  type ChatUser,
  type KnownOptions,
  type Limits,
  option,
  type OptionRule,
  type Registry,
} from '@retinue/kernel'
import { check } from './input.ts'
import type { RecordStore } from './record-store.ts'
import type { Point } from './session-history.ts'

/** What a manager of stored sessions is made of. */
export interface StoredSessionManagerOptions {
  /** Where they are kept. Whoever opened it closes it, after `saved()`. */
  readonly store: RecordStore
  /** That of the users, agents and sessions. @default the shared registry */
  readonly registry?: Registry | undefined
  /** Finds the agent that a stored session names, where `load` is not given one. */
  readonly agents?: ((name: string) => AgentConfig | undefined | Promise<AgentConfig | undefined>) | undefined
  /** Limits on what is loaded that differ from the kernel's usual ones. */
  readonly limits?: Partial<Limits> | undefined
  /** Names of the secret references that stored data may use. */
  readonly secrets?: readonly string[] | undefined
}

/** How a session is loaded. Of a session that is live already, these are those that it has. */
export interface LoadOptions {
  /** @default the user that the session belongs to, live or loaded */
  readonly user?: ChatUser | undefined
  /** `null` loads it without one. @default what the manager's `agents` finds by the stored name */
  readonly agent?: AgentConfig | null | undefined
}

/** How a session is forked. */
export interface ForkOptions extends LoadOptions {
  /** @default one that nobody can guess */
  readonly id?: string | undefined
  /** @default as it is now */
  readonly at?: Point | undefined
}

/** How a part of a list is asked for. */
export interface PageOptions {
  /** @default 50 */
  readonly limit?: number | undefined
  /** The `next` of the page before. */
  readonly after?: string | undefined
}

/** Until when something is done. */
export interface UntilOptions {
  readonly signal: AbortSignal
}

/** @throws {RETINUE_STORE_INVALID} */
export function checkManager(options: StoredSessionManagerOptions): void {
  check('A manager of stored sessions', options, managerOptions, 'store')
  if (options.limits !== undefined) check('The limits object of a manager', options.limits, limits)
}

/** @throws {RETINUE_STORE_INVALID} */
export function checkUser(what: string, user: ChatUser | string): void {
  check(what, { user }, { user: option.either(aUser, option.name) }, 'user')
}

/** @throws {RETINUE_STORE_INVALID} where no signal would ever end it. */
export function checkUntil(what: string, options: UntilOptions): void {
  check(what, options, untilOptions, 'signal')
}

/** @throws {RETINUE_STORE_INVALID} */
export function checkLive(what: string, owner: ChatSession | ChatUser, rule: OptionRule): void {
  check(what, { owner }, { owner: rule }, 'owner')
}

const has =
  (...members: readonly string[]) =>
  (value: unknown): boolean =>
    option.object[1](value) && members.every((member) => member in (value as object))

/** Those that `checkLive` is given. */
export const aSession: OptionRule = ['a ChatSession', has('interact')]
/** Of all owners it alone has no tools. */
export const aUser: OptionRule = ['a ChatUser', (value) => has('batch')(value) && !has('tools')(value)]
export const anOwner = option.either(aSession, aUser)
const anAgent: OptionRule = ['an AgentConfig', has('fork')]

const managerOptions: KnownOptions<StoredSessionManagerOptions> = {
  store: ['a store, such as memoryStore() or await sqliteStore(file)', has('transact')],
  registry: ['a registry', has('domain')],
  agents: option.function,
  limits: option.object,
  secrets: option.list,
}

const limit = option.number(0)
const limits: KnownOptions<Limits> = {
  maxBytes: limit,
  maxDepth: limit,
  maxNodes: limit,
  maxKeys: limit,
}

/** Every option of `load`. */
export const loadOptions: KnownOptions<LoadOptions> = {
  user: aUser,
  agent: option.either(anAgent, option.oneOf(null)),
}

/** Every option of `fork`. */
export const forkOptions: KnownOptions<ForkOptions> = {
  ...loadOptions,
  id: option.text,
  at: option.any, // looked at by itself
}

/** Every option of `sessions`; a page of none could not tell where the next one begins. */
export const pageOptions: KnownOptions<PageOptions> = { limit: option.whole(1), after: option.text }
const untilOptions: KnownOptions<UntilOptions> = { signal: option.signal }
