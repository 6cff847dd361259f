// The one error class of retinue and the table of the kernel's codes.
// A code is stable within a major version, a text is not. `docs/errors.md` has an entry for each code.

/** Each code that the kernel throws or reports, with what it means: for types and tests, so that no bundle carries it. */
export const errorCodes = {
  RETINUE_NAME_INVALID: 'A type name is empty, too long, reserved, or not of the grammar.',
  RETINUE_TYPE_UNKNOWN: 'No plugin has registered a type of that name.',
  RETINUE_TYPE_TAKEN: 'Two packages claim one type name.',
  RETINUE_TYPE_MISMATCH: 'An item was put under a name or into a bag that is not its own.',
  RETINUE_DEFINITION_INVALID:
    'A definition breaks a rule: a field without default, a reserved field, a class field.',
  RETINUE_DEFAULT_FAILED: 'A default threw, does not fit its schema, or reads itself.',
  RETINUE_OPTION_INVALID: 'Something was given an option that it does not take.',
  RETINUE_VALUE_INVALID: 'A value does not fit its schema, or is not JSON.',
  RETINUE_VALUE_REFUSED: 'This owner may not set that field.',
  RETINUE_FIELD_UNKNOWN: 'A type has no field of that name.',
  RETINUE_NEED_MISSING: 'Something that is needed is not registered.',
  RETINUE_NEED_CYCLE: 'Declared needs form a circle.',
  RETINUE_TOOL_NAME_TAKEN: 'Two tools would be published under one name.',
  RETINUE_REGISTRY_SEALED: 'The registry refuses further registration.',
  RETINUE_REGISTRY_MIXED: 'The parts of a session belong to different registries.',
  RETINUE_KERNEL_CONFLICT: 'Two copies of the kernel in one process do not go together.',
  RETINUE_OWNER_INVALID: 'A user, agent or session was made from unusable input.',
  RETINUE_OWNER_ENDED: 'A session or an interaction was written to after its end.',
  RETINUE_SESSION_EXISTS: 'Another session has that id.',
  RETINUE_BATCH_ASYNC: 'A batch was given a function that returns a promise.',
  RETINUE_LOOP: 'Handlers keep causing changes that call handlers.',
  RETINUE_PROMOTE_CONFLICT: 'The session changed a field after the interaction had set it.',
  RETINUE_PATCH_INVALID: 'A patch can not be replayed on this owner.',
  RETINUE_TEMPLATE_FAILED: 'A section could not be rendered.',
  RETINUE_TEMPLATE_FORBIDDEN: 'This runtime forbids code generation, which Eta templates need.',
  RETINUE_SNAPSHOT_INVALID: 'A snapshot is not of the form that restore reads.',
  RETINUE_SNAPSHOT_LIMIT: 'A snapshot is larger than the limits allow.',
  RETINUE_SNAPSHOT_OWNER: 'A snapshot belongs to another user.',
  RETINUE_VERSION_NEWER: 'Saved fields are of a newer version than the code that loads them.',
  RETINUE_UPGRADE_FAILED: 'A step that brings saved fields up to date threw, or gave no plain object.',
  RETINUE_SECRET_REFUSED: 'A secret can not be resolved here.',
} as const

/** A code of the kernel, or one that another package defines. */
export type ErrorCode = keyof typeof errorCodes | (`RETINUE_${string}` & {})

/** What an error carries beside its text. */
export interface ErrorOptions {
  /** What to do about it: one sentence, part of the message. */
  readonly hint?: string | undefined
  /** The facts, as data. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/**
 * The error that every retinue package throws: a stable code, what happened, and what to do.
 *
 * @example
 * try { session.context.$get('serch_results') } catch (error) {
 *   if (error instanceof RetinueError && error.code === 'RETINUE_TYPE_UNKNOWN') console.log(error.hint)
 * }
 */
export class RetinueError extends Error {
  /** Stable within a major version. */
  readonly code: ErrorCode
  /** What to do about it; the message ends with it. */
  readonly hint: string | undefined
  /** The facts, as data. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, what: string, options: ErrorOptions = {}) {
    const text = options.hint === undefined ? what : `${what} ${options.hint}`
    super(`[${code}] ${text}`, options.cause === undefined ? undefined : options)
    this.name = 'RetinueError'
    this.code = code
    this.hint = options.hint
    this.details = options.details ?? {}
  }

  /** Those of another copy of the kernel are instances, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return (value as Error | undefined)?.name === 'RetinueError'
  }
}

/** Makes the error of a definition that breaks a rule. */
export function misdefined(what: string, hint: string, details: ErrorOptions['details'] = {}): RetinueError {
  return new RetinueError('RETINUE_DEFINITION_INVALID', what, { hint, details })
}

/** Gives the text of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
