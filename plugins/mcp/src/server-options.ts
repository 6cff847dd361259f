// What a server is: a command or an address, as the application's code gives it to `connectServer`. There is no config
// field for it, so that neither a user nor a session, neither a snapshot nor a model can ever name a command.
import {
  checkOptions,
  Config,
  type KnownOptions,
  openSecrets,
  option,
  type OptionRule,
  Secret,
  type SecretRef,
  Type,
} from '@retinue/kernel'
import type { AuthProvider, OAuthClientProvider } from '@modelcontextprotocol/client'
import { failure } from './errors.ts'
import { isRecord } from './record.ts'
import { isName } from './tool-name.ts'

/** A text, or a reference to a secret, which is looked up whenever the server is started or reached anew. */
export type SecretText = string | SecretRef

/** A server that is a process of its own, spoken to over its standard input and output. */
export interface StdioServer {
  readonly command: string
  readonly args?: readonly string[]
  /** Beside the few variables that every process needs; nothing else of this process's environment is passed on. */
  readonly env?: Readonly<Record<string, SecretText>>
  readonly cwd?: string
}

/** A server that is reached over streamable HTTP. */
export interface HttpServer {
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, SecretText>>
  /** Gets and renews tokens: `{ token: async () => '…' }`, or OAuth as the MCP client does it. */
  readonly auth?: AuthProvider | OAuthClientProvider
}

/** A server, and what holds for it. */
export type ServerOptions = (StdioServer | HttpServer) & ServerLimits

/** What holds for a server of either sort. */
export interface ServerLimits {
  /** The longest that a call, or any other question, may take. @default 60000 */
  readonly timeoutMs?: number
  /** The longest that starting or reaching it may take. @default 30000 */
  readonly connectTimeoutMs?: number
  /** How often it is started or reached anew after it was lost, before it is given up; twenty seconds of health clear that. @default 5 */
  readonly maxRestarts?: number
  /** The longest text of a result that is kept; the rest is cut off. @default 100000 */
  readonly maxResultChars?: number
  /** The most that images and other files of a result may take together; others are left out. @default 5000000 */
  readonly maxFileBytes?: number
  /** The most tools that are taken; others are told among `problems`. @default 200 */
  readonly maxTools?: number
}

/** The limits with the defaults in place. */
export type Limits = Required<ServerLimits>

const defaults: Limits = {
  timeoutMs: 60_000,
  connectTimeoutMs: 30_000,
  maxRestarts: 5,
  maxResultChars: 100_000,
  maxFileBytes: 5_000_000,
  maxTools: 200,
}

/** The largest message that is taken from a server: one that is larger breaks the link. */
export function maxMessageBytes({ maxResultChars, maxFileBytes }: Limits): number {
  return Math.max(1_000_000, 4 * maxResultChars + 2 * maxFileBytes)
}

/**
 * Gives the limits of a server, and checks what is said of it.
 * @throws {RETINUE_MCP_OPTIONS}
 */
export function limitsOf(name: string, options: ServerOptions): Limits {
  const refuse = (why: string, hint: string): never => {
    throw failure('RETINUE_MCP_OPTIONS', `The server '${name}' ${why}.`, hint)
  }
  if (typeof name !== 'string' || name.length > 32 || !isName(`mcp_${name}`))
    refuse('has no good name', 'Use snake_case, 32 characters at most.')
  checkOptions(`The server '${name}'`, options as AllOptions, serverOptions, 'RETINUE_MCP_OPTIONS')
  const { command, url, env, headers } = options as AllOptions
  if (!command === !url)
    refuse('has no command or address, or both', "Write { command: 'node' } or { url: 'https://…' }.")
  if (url !== undefined && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    refuse('has no web address', 'Write https://…')
  for (const [what, texts] of Object.entries({ env, headers })) {
    const place = misfitIn(texts)
    if (place !== undefined)
      refuse(`has no text in ${what}${place}`, "Write { NAME: 'text' } or { NAME: Secret.env('KEY') }.")
  }
  const limits = Object.entries(defaults) as [keyof Limits, number][]
  return Object.fromEntries(
    limits.map(([limit, usual]) => [limit, options[limit] ?? usual]),
  ) as unknown as Limits
}

type AllOptions = Partial<StdioServer & HttpServer> & ServerLimits

/** The longest time that a timer takes. */
const maxTimeMs = 2 ** 31 - 1
const limit: OptionRule = [
  `a whole number from 1 to ${maxTimeMs}`,
  (value) => option.whole(1)[1](value) && (value as number) <= maxTimeMs,
]

const serverOptions: KnownOptions<AllOptions> = {
  command: ['the program alone, without its args', option.name[1]],
  args: ['a list of texts', (args) => Array.isArray(args) && args.every(option.text[1])],
  env: option.any, // looked at text by text
  cwd: option.name,
  url: option.any, // as env; it may hold a password, and so is not shown
  headers: option.any, // as env
  auth: option.any, // as url
  timeoutMs: limit,
  connectTimeoutMs: limit,
  maxRestarts: option.whole(0),
  maxResultChars: limit,
  maxFileBytes: limit,
  maxTools: limit,
}

/** Where something stands that is no text, nor what may be a reference to a secret; the kernel knows those. */
function misfitIn(texts: unknown): string | undefined {
  if (texts === undefined) return undefined
  if (!isRecord(texts)) return ''
  const found = Object.entries(texts).find(([, text]) => typeof text !== 'string' && !isRecord(text))
  return found && `.${found[0]}`
}

/**
 * Looks the secrets among some texts up; `secrets` are the texts that must not be shown: each as it is and as JSON writes
 * it, and the longest first, for one may be the beginning of another.
 */
export function revealed(texts: Readonly<Record<string, SecretText>> = {}): {
  readonly texts: Record<string, string>
  readonly secrets: readonly string[]
} {
  const reader = openSecrets()
  try {
    const secrets: string[] = []
    const entries = Object.entries(texts).map(([name, text]) => {
      if (typeof text === 'string') return [name, text] as const
      const secret = reader.read(new Sealed({ value: text }), 'value')
      if (secret) secrets.push(secret)
      return [name, secret] as const
    })
    const forms = new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))
    return { texts: Object.fromEntries(entries), secrets: [...forms].sort((a, b) => b.length - a.length) }
  } finally {
    reader.close()
  }
}

/** Holds a reference as a field, which is how the kernel looks one up; it is registered nowhere. */
class Sealed extends Config('mcp_secret', { value: Type.Optional(Secret()) }) {}
