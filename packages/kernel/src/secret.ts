// Secrets: a config stores a reference, never the secret. A reference is resolved only by a reader that lives as
// long as a tool's or provider's call. What came from loaded data is not granted until the application allows it.
import { RetinueError } from './errors.ts'
import { checkArgument, checkDefinition, option } from './options.ts'
import { readTextFile, readVariable } from './runtime.ts'
import { Type, type TSchema, type TUnsafe } from './schema.ts'
import { LEAF } from './value.ts'

/** Where a secret is: an environment variable, a file, or this process's memory alone. */
export type SecretSource = 'env' | 'file' | 'value'

/** A reference to a secret. It shows its name, never what it refers to. */
export interface SecretRef {
  readonly $secret: SecretSource
  readonly name: string
}

/** How a secret field is guarded. */
export interface SecretOptions {
  /** Fields that say where the secret is sent: it resolves only if they come from its own layer or the default. */
  readonly sentTo?: readonly string[]
}

/** The schema key that marks a secret field. */
export const SECRET = 'x-retinue-secret'

/** The schema of a field that holds a secret; and the makers of references. */
export interface SecretType {
  (options?: SecretOptions): TUnsafe<SecretRef>
  /** The secret is in an environment variable. */
  env(name: string): SecretRef
  /** The secret is the content of a file, without the white space around it. */
  file(path: string): SecretRef
  /** The secret is this text: kept in memory only, never saved. */
  value(text: string): SecretRef
}

const REVEAL: unique symbol = Symbol.for('@retinue/kernel/reveal') as never

/**
 * Makes the schema of a secret field.
 *
 * @example
 * class SearchConfig extends Config('search', { apiKey: Type.Optional(Secret()) }) {}
 * user.config.search.apiKey = Secret.env('SEARCH_KEY')
 */
export const Secret: SecretType = Object.assign(
  (options: SecretOptions = {}) => {
    checkDefinition('A secret', options, { sentTo: option.list })
    return Type.Unsafe<SecretRef>({
      type: 'object',
      required: ['$secret', 'name'],
      properties: { $secret: { enum: ['env', 'file', 'value'] }, name: { type: 'string' } },
      [SECRET]: options,
    })
  },
  {
    env: (name: string) => reference('env', given('env', name), () => readVariable(name)),
    file: (path: string) => reference('file', given('file', path), () => readTextFile(path)?.trim()),
    value: (text: string) => {
      given('value', text)
      return reference('value', '', () => text)
    },
  },
)

/** What refers to nothing is refused here, and not shown: mostly a variable that is not set. */
function given(source: SecretSource, said: string): string {
  checkArgument(`Secret.${source}()`, 'text', typeof said === 'string' ? said : undefined, option.text)
  return said
}

/** Gives the options of a secret field, or `undefined` for any other. */
export function secretOptions(schema: TSchema): SecretOptions | undefined {
  return (schema as { [SECRET]?: SecretOptions })[SECRET]
}

/** Tells whether a value is a reference that somebody made, and not data that looks like one. */
export function isSecretRef(value: unknown): value is SecretRef {
  return typeof value === 'object' && value !== null && LEAF in value
}

/** Makes a reference of saved data; it is granted where the application allows its name. */
export function loadedSecret(data: unknown, allowed: ReadonlySet<string>): SecretRef | undefined {
  const { $secret, name } = (data ?? {}) as Partial<SecretRef>
  if (($secret !== 'env' && $secret !== 'file') || typeof name !== 'string') return undefined
  return allowed.has(name) ? Secret[$secret](name) : reference($secret, name, undefined)
}

/**
 * Gives what a reference refers to.
 * @throws {RETINUE_SECRET_REFUSED} when the reference came from data and was not allowed, or there is nothing there.
 */
export function reveal(secret: SecretRef, what: string): string {
  const read = (secret as { [REVEAL]?: () => string | undefined })[REVEAL]
  if (read === undefined) {
    throw refusal(what, `it refers to ${shown(secret)}, which came from loaded data`, {
      hint: `Allow it by name when you restore: { secrets: ['${secret.name}'] }.`,
    })
  }
  let text: string | undefined
  let cause: unknown
  try {
    text = read()
  } catch (error) {
    cause = error
  }
  if (text !== undefined) return text
  throw refusal(what, `${shown(secret)} is not there`, {
    hint:
      secret.$secret === 'env'
        ? `Set the variable ${secret.name}.`
        : 'Look at the path, and at the runtime: files need Node.',
    cause,
  })
}

/** Makes the error for a secret that stays closed. */
export function refusal(what: string, why: string, options: { hint: string; cause?: unknown }): RetinueError {
  return new RetinueError('RETINUE_SECRET_REFUSED', `The secret ${what} can't be resolved: ${why}.`, options)
}

function reference(
  $secret: SecretSource,
  name: string,
  read: (() => string | undefined) | undefined,
): SecretRef {
  const made = { $secret, name }
  Object.defineProperties(made, {
    [LEAF]: { value: true },
    [REVEAL]: { value: read },
    [INSPECT]: { value: () => shown(made) },
  })
  return Object.freeze(made)
}

function shown(secret: SecretRef): string {
  return secret.$secret === 'value' ? '[secret]' : `[secret ${secret.$secret}:${secret.name}]`
}

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never
