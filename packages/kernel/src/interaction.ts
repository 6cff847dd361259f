/// <reference lib="esnext.disposable" preserve="true" />
// The interaction: a layer on a session for one exchange. It reads through, its writes stay in it, and all of it is
// gone at its end, but for what is promoted on purpose. Interactions nest; those side by side never see each other.
import { RetinueError } from './errors.ts'
import { sessionOf, type LayerCell } from './cells.ts'
import { LAYER, Layer } from './layers.ts'
import { checkArgument, option, type KnownOptions } from './options.ts'
import { bagOptions, checkOwner, Owner, type BagContents } from './owner.ts'
import { splitKey, type Registration } from './registry.ts'
import { newId } from './runtime.ts'
import type { ChatSession } from './session.ts'
import { abortController, type Signal } from './signal.ts'
import { toolsOf, type ToolList } from './tool-list.ts'
import type { Data, EntryClass } from './types.ts'
import { unknownType } from './unknown-type.ts'
import type { ChatUser } from './user.ts'
import { equal } from './value.ts'

/** What an interaction is made of. */
export interface InteractionOptions extends BagContents {
  /** What it is about; kept for templates and tools, never interpreted. */
  readonly input?: unknown
  /** @default one that nobody can guess */
  readonly id?: string | undefined
  /** Ends the interaction when it aborts. */
  readonly signal?: Signal | undefined
}

const interactionOptions: KnownOptions<InteractionOptions> = {
  ...bagOptions,
  input: option.any,
  id: option.name,
  signal: option.signal,
}

/** The reason of a signal whose interaction came to its end: one for all, because most end, and few look. */
const over = Object.assign(new Error('The interaction has ended.'), { name: 'AbortError' })

/** Decides what the session gets where both sides changed a field: the interaction's, the session's, and the former value. */
export type Merge = (mine: unknown, theirs: unknown, before: unknown) => unknown

/**
 * One exchange with an agent; `session.interact()` and `child()` make it.
 *
 * @example
 * using turn = session.interact({ input: 'Who wrote it?' })
 * turn.context.searchResults.query = 'author' // gone when turn ends
 */
export class InteractionContext extends Owner implements Disposable {
  readonly id: string
  /** What it is about, as it was given. */
  readonly input: unknown
  readonly session: ChatSession
  /** The interaction that it is within, if any. */
  readonly parent: InteractionContext | undefined
  #controller: ReturnType<typeof abortController> | undefined
  #unlink: (() => void) | undefined

  constructor(session: ChatSession, parent: InteractionContext | undefined, options: InteractionOptions) {
    checkOwner('An interaction', options, interactionOptions)
    const { id = newId() } = options
    const above = (parent ?? session)[LAYER]
    above.refuseEnded()
    super(
      (owner) =>
        new Layer('interaction', id, owner, above.registry, { user: session.user[LAYER], parent: above }),
    )
    this.id = id
    this.input = options.input
    this.session = session
    this.parent = parent
    ;(above.children ??= new Set()).add(this[LAYER])
    try {
      this.fill(options)
      if (options.signal !== undefined) this.#follow(options.signal)
    } catch (error) {
      this.end()
      throw error
    }
    above.domain.note({ undo: () => this.end() }) // a batch that throws takes it back
  }

  get user(): ChatUser {
    return this.session.user
  }

  /** Tools of this interaction's own, beside those of its session and parents. */
  get tools(): ToolList {
    return toolsOf(this[LAYER])
  }

  /** Aborts when the interaction is aborted or ends: pass it to whatever runs in it. */
  get signal(): Signal {
    this.#controller ??= abortController()
    if (this.ended) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Whether it has ended: it takes no more changes then. */
  get ended(): boolean {
    return this[LAYER].ended
  }

  /** Opens an interaction within this one: it sees what is here and leaks nothing. */
  child(options: InteractionOptions = {}): InteractionContext {
    return new InteractionContext(this.session, this, options)
  }

  /**
   * Moves what this interaction or its parents set of an item to the session, and asks for the item there.
   * @throws {RETINUE_PROMOTE_CONFLICT} when the session changed a field meanwhile and no merge is given.
   * {RETINUE_OPTION_INVALID} for what sessions don't have.
   */
  promote<C extends EntryClass>(type: C, field?: keyof Data<InstanceType<C>> & string, merge?: Merge): void
  promote(type: string, field?: string, merge?: Merge): void
  promote(type: EntryClass | string, field?: string, merge?: Merge): void {
    const layer = this[LAYER]
    layer.refuseEnded()
    const entry = findEntry(layer, type)
    const session = sessionOf(layer)
    layer.domain.batch(() => {
      session.request(entry)
      const indexes = field === undefined ? entry.shape!.fields.keys() : [entry.shape!.index(field)]
      for (const index of indexes) promoteField(layer, session.cell(entry), entry, index, merge)
    })
  }

  /** Aborts the signal and ends the interaction. */
  abort(reason?: unknown): void {
    this.#controller ??= abortController()
    this.#controller.abort(reason)
    this.end()
  }

  /** Ends the interaction and those within it; what was not promoted is gone. Ending twice does nothing. */
  end(): void {
    if (this.ended) return
    this.#unlink?.()
    this[LAYER].end()
    this.#controller?.abort(this.#reason)
  }

  /** Why it ended: the reason of the nearest above it that was aborted, if any. */
  get #reason(): unknown {
    for (let { parent } = this; parent !== undefined; parent = parent.parent) {
      const signal = parent.#controller?.signal
      if (signal?.aborted) return signal.reason
    }
    return over
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #follow(signal: Signal): void {
    if (signal.aborted) return this.abort(signal.reason)
    const abort = (): void => this.abort(signal.reason)
    signal.addEventListener('abort', abort)
    // V8 takes a function that is written where a property is assigned for one that lives long, and makes it old: what
    // it reaches would stay until the next full collection. One that has a name first is young.
    const unlink = (): void => signal.removeEventListener('abort', abort)
    this.#unlink = unlink
  }
}

/**
 * Finds where a tool is at home, for whoever calls tools: the session where it is in force there, else the outermost
 * interaction that has it. The tool goes by its published name.
 */
export function homeOf(interaction: InteractionContext, tool: string): ChatSession | InteractionContext {
  const has = (layer: Layer): boolean =>
    toolsOf(layer)
      .published()
      .some(({ name }) => name === tool)
  const home = interaction[LAYER].lineage().find(has)
  return (home?.owner ?? interaction) as ChatSession | InteractionContext
}

/** What a class names, `kind.type`, or the type name of a context: something that a session can keep. */
function findEntry({ registry }: Layer, type: EntryClass | string): Registration {
  const [kind, key] = splitKey(registry, type)
  const of = kind?.name ?? 'context'
  const found = registry.find(key, of)
  if (found?.shape === undefined) throw unknownType(registry, key, of)
  checkArgument('promote()', 'type', found.key, [
    'one that sessions have',
    () => found.kind.owners.includes('session'),
  ])
  return found
}

/** Moves one field: the nearest value wins, and nothing of it stays behind in this interaction or its parents. */
function promoteField(
  layer: Layer,
  target: LayerCell,
  entry: Registration,
  index: number,
  merge: Merge | undefined,
): void {
  const cells: LayerCell[] = []
  for (let at = layer; at.type === 'interaction'; at = at.parent!) {
    const cell = at.cell(entry)
    if (cell.own[index] !== undefined) cells.push(cell)
  }
  if (cells.length === 0) return
  const mine = cells[0]!.own[index]
  const theirs = target.read(index)
  // Each of them hid the session from the moment it was set: whichever is older may have missed a change there.
  const stale = cells.findLast((cell) => !equal(target.own[index], cell.base?.[index]?.own))
  const before = stale?.base?.[index]?.value
  if (stale !== undefined && merge === undefined) {
    const field = entry.shape!.fields[index]!
    throw new RetinueError(
      'RETINUE_PROMOTE_CONFLICT',
      `The session changed '${field}' of the ${entry.kind.name} '${entry.type}' after this interaction had set it.`,
      {
        hint: 'Give promote a merge function: (mine, theirs, before) => value.',
        details: { field, mine, theirs, before },
      },
    )
  }
  for (const cell of cells) cell.write(index, undefined)
  target.write(index, stale === undefined ? mine : merge!(mine, theirs, before))
}
