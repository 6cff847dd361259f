// Tools, toolsets and plugins as definitions. All of it is pure: nothing happens until a plugin is registered.
import type { TObject, TProperties } from 'typebox'
import { RetinueError } from './errors.ts'
import type { InteractionContext } from './interaction.ts'
import { KIND, toolsetKind, type KindSpec } from './kind.ts'
import { definedName, maxNameLength, scanName, type Key } from './name.ts'
import { checkDefinition, option, type KnownOptions, type OptionRule } from './options.ts'
import type { ChatSession } from './session.ts'
import type { Signal } from './signal.ts'
import type { Bag, ConfigTypes, ContextTypes, EntryClass, Need, SectionTypes, Values } from './types.ts'
import type { ChatUser } from './user.ts'
import { isObject } from './value.ts'

/** What happens when a call is made twice: nothing, the same again, or harm. */
export type Effect = 'pure' | 'idempotent' | 'once'

/** What a tool's `execute` gets beside its input. */
export interface RunContext {
  readonly session: ChatSession
  readonly interaction: InteractionContext
  readonly user: ChatUser
  /**
   * Where the tool is in force: the session, or the interaction where it was equipped for one. What the tool writes to the
   * bags there lasts as long as the tool does; all that its toolset needs is there.
   */
  readonly home: ChatSession | InteractionContext
  /** The bags as the interaction sees them: what is written there is gone when the interaction ends. */
  readonly config: Bag<ConfigTypes>
  readonly context: Bag<ContextTypes>
  readonly sections: Bag<SectionTypes>
  /** Aborts when the call is to stop: with the run, or at its time limit. */
  readonly signal: Signal
  readonly toolCallId: string
  /** Sends an event to whoever listens to the run: progress, for example. */
  emit(event: unknown): void
  /** Resolves a secret field of an item, during this call only. */
  secret(item: object, field: string): string
}

/** A tool as its author writes it. */
export interface ToolOptions<P extends TProperties> {
  /** What the model is told. */
  readonly description: string
  /** What the model must send; it is shown this JSON Schema, and the input is checked before `execute` runs. */
  readonly input: TObject<P>
  /**
   * What `execute` gives back: a schema, which it is checked by; or `'content'` for a list of text and file parts, which
   * models see as they are.
   */
  readonly output?: object | 'content'
  /** @default 'once' */
  readonly effect?: Effect
  /**
   * Whether a person must agree to each call, or a function of the input, and of where it is called, that says so, at
   * once or later. @default false
   */
  readonly approval?:
    | boolean
    | ((input: Values<P>, interaction: InteractionContext) => boolean | PromiseLike<boolean>)
  /** Tells this definition from others that read the same: a yes that waits for one revision is none for another. */
  readonly revision?: string
  /** The longest a call may take, in milliseconds. @default the run's limit */
  readonly timeoutMs?: number
  /** The field of the input that is a thought: it streams as reasoning, too, and later turns are not shown it. */
  readonly thought?: keyof P & string
  /**
   * Does the work, at once or later. The model is told what it gives back: text, JSON or, by `output`, parts; and what it
   * throws. The input is a copy of its own.
   */
  execute(input: Values<P>, run: RunContext): unknown
}

/** A tool, defined. */
export interface Tool {
  readonly description: string
  readonly input: TObject
  readonly output?: object | 'content'
  readonly effect: Effect
  readonly approval:
    | boolean
    | ((input: never, interaction: InteractionContext) => boolean | PromiseLike<boolean>)
  readonly revision?: string
  readonly timeoutMs?: number
  readonly thought?: string
  execute(input: never, run: RunContext): unknown
}

/** Tools that come and go together, and what they need. */
export interface Toolset {
  readonly kind: 'toolset'
  readonly type: string
  readonly needs: readonly Need[]
  /** By name; models see each under its `publishedName`. */
  readonly tools: Readonly<Record<string, Tool>>
  readonly [KIND]: KindSpec
}

/** What a plugin contributes: classes, toolsets, kinds. */
export type Contribution = EntryClass | Toolset | KindSpec

/** A plugin: what one package contributes. */
export interface Plugin {
  readonly name: string
  readonly version: string
  readonly contributes: readonly Contribution[]
  /** Types of another package that this one stands in for; its classes extend those that they replace. */
  readonly replaces: readonly Key[]
  /** The file that defined it, as far as the runtime tells. */
  readonly file: string | undefined
}

/**
 * Defines a tool. Its input is typed by its schema.
 *
 * @example
 * defineTool({ description: 'Adds.', input: Type.Object({ a: Type.Number(), b: Type.Number() }), effect: 'pure',
 *   execute: ({ a, b }) => a + b })
 * @throws {RETINUE_DEFINITION_INVALID}
 */
export function defineTool<P extends TProperties>(options: ToolOptions<P>): Tool {
  const thought: OptionRule = [
    'a field of its input',
    (name) => typeof name === 'string' && name in Object(options.input?.properties),
  ]
  checkDefinition<ToolOptions<P>>(
    'A tool',
    options,
    { ...toolOptions, thought },
    'description',
    'input',
    'execute',
  )
  const { effect = 'once', approval = false } = options
  return Object.freeze({ ...options, effect, approval }) as unknown as Tool
}

const toolOptions: Omit<KnownOptions<Tool>, 'thought'> = {
  description: option.text,
  input: [
    `${option.schema[0]}: Type.Object({ … })`,
    (input) => option.schema[1](input) && (input as TObject).type === 'object',
  ],
  output: option.either(option.schema, option.oneOf('content')),
  effect: option.oneOf('pure', 'idempotent', 'once'),
  approval: option.either(option.flag, option.function),
  revision: option.text,
  timeoutMs: option.number(0),
  execute: option.function,
}

/**
 * Defines a toolset: the unit that agents list.
 *
 * @example
 * const search = defineToolset('web_search', { needs: [SearchConfig], tools: { web_search: searchTool } })
 * @throws {RETINUE_NAME_INVALID}, {RETINUE_DEFINITION_INVALID}
 */
export function defineToolset(
  type: string,
  options: { readonly needs?: readonly Need[]; readonly tools: Readonly<Record<string, Tool>> },
): Toolset {
  definedName(type, 'toolset')
  checkDefinition(`The toolset '${type}'`, options, toolsetOptions, 'tools')
  for (const name of Object.keys(options.tools)) {
    if (name.length <= maxNameLength && scanName(name) === name) continue
    throw new RetinueError(
      'RETINUE_NAME_INVALID',
      `The tool '${name}' of '${type}' has no snake_case name.`,
      {
        hint: "Use snake_case ASCII such as 'search'.",
      },
    )
  }
  return Object.freeze({
    kind: 'toolset' as const,
    type,
    needs: Object.freeze([...(options.needs ?? [])]),
    tools: Object.freeze({ ...options.tools }),
    [KIND]: toolsetKind,
  })
}

const toolsetOptions: KnownOptions<Parameters<typeof defineToolset>[1]> = {
  needs: option.list,
  tools: [
    'an object with what defineTool() made',
    (tools) =>
      isObject(tools) &&
      Object.values(tools).every((tool) => isObject(tool) && typeof tool.execute === 'function'),
  ],
}

/** The name under which a tool is published: `<toolset>_<tool>`, or the toolset's where the tool bears it. */
export function publishedName(toolset: string, tool: string): string {
  return toolset === tool ? toolset : `${toolset}_${tool}`
}

/** Defines a plugin: the package's name and version, and what it contributes. @throws {RETINUE_DEFINITION_INVALID} */
export function definePlugin(options: {
  readonly name: string
  readonly version: string
  readonly contributes: readonly Contribution[]
  readonly replaces?: readonly Key[]
  /** The file that conflicts are reported with. @default the file that calls this */
  readonly file?: string
}): Plugin {
  checkDefinition('A plugin', options, pluginOptions, 'name', 'version', 'contributes')
  return Object.freeze({
    ...options,
    contributes: Object.freeze([...options.contributes]),
    replaces: Object.freeze([...(options.replaces ?? [])]),
    file: options.file ?? callerFile(),
  })
}

const pluginOptions: KnownOptions<Parameters<typeof definePlugin>[0]> = {
  name: option.name,
  version: option.name,
  contributes: option.list,
  replaces: option.list,
  file: option.text,
}

/** The file two calls up, by the stack as V8 writes it: for messages only. */
function callerFile(): string | undefined {
  const line = new Error().stack?.split('\n')[3]
  return line === undefined
    ? undefined
    : /(?:\(|at )((?:file|https?):.*|\/.*|[A-Za-z]:\\.*?):\d+:\d+\)?$/.exec(line)?.[1]
}
