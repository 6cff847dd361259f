/// <reference lib="esnext.disposable" preserve="true" />
// The session: composes a user, an agent and what is its own. It assembles itself: what the tools in force need is
// present in it, arrives when a tool is added anywhere above, and leaves with the last one that needs it.
import type { AgentConfig } from './agent.ts'
import { RetinueError } from './errors.ts'
import { explain, type Explanation } from './explain.ts'
import { InteractionContext, type InteractionOptions } from './interaction.ts'
import { changeOwner } from './changes.ts'
import { join, LAYER, Layer, leave } from './layers.ts'
import { SessionManager } from './manager.ts'
import { plainMessage, takeMessage, type Message } from './message.ts'
import type { Key } from './name.ts'
import type { ObservableList } from './observable-list.ts'
import { checkArgument, checkOptions, option, type KnownOptions } from './options.ts'
import { OwnedList } from './owned-list.ts'
import { bagOptions, checkOwner, Owner, anOwner, type BagContents } from './owner.ts'
import { promptOptions, renderPrompt, type Prompt, type PromptOptions } from './prompt.ts'
import { aRegistry, type Registry } from './registry.ts'
import { newId } from './runtime.ts'
import {
  loadLayer,
  loadMessages,
  openSnapshot,
  type Report,
  restoreOptions,
  type RestoreOptions,
} from './loading.ts'
import { saveLayer, saveTools, type OwnerSnapshot, type SnapshotOptions } from './snapshot.ts'
import { toolsOf, type ToolList } from './tool-list.ts'
import type { ChatUser } from './user.ts'
import { isObject } from './value.ts'

/** What a session is made of. */
export interface SessionOptions extends BagContents {
  readonly user: ChatUser
  readonly agent?: AgentConfig | undefined
  /** @default one that nobody can guess; that of a sub-session starts with its parent's */
  readonly id?: string | undefined
  /** The session that this one is a part of. */
  readonly parent?: ChatSession | string | undefined
  /** Who knows the live sessions. @default the registry's own manager */
  readonly manager?: SessionManager | undefined
  /** @default the user's; user, agent and session have one registry */
  readonly registry?: Registry | undefined
  /** Makes `session.tools` throw on what can't be in force, instead of listing it as unresolved. */
  readonly strict?: boolean | undefined
}

const sessionOptions: KnownOptions<SessionOptions> = {
  ...bagOptions,
  user: anOwner('user', 'ChatUser({ id })'),
  agent: anOwner('agent', 'AgentConfig({ name })'),
  id: option.text,
  parent: ['a session or its id', (parent) => typeof (Object(parent).id ?? parent) === 'string'],
  manager: ['a SessionManager', (manager) => isObject(manager) && 'enter' in manager],
  registry: aRegistry,
  strict: option.flag,
}

/** A session as it is saved. */
export interface SessionSnapshot extends OwnerSnapshot {
  readonly id: string
  readonly parent?: string
  /** The user's id. */
  readonly user: string
  /** The agent's name. */
  readonly agent: string | null
  /** The session's own tools; `excluded` what it keeps out. */
  readonly tools: readonly string[]
  readonly excluded?: readonly string[]
  readonly messages: readonly Message[]
}

/** How a session is loaded: what it is made of, and the limits. */
export interface SessionRestoreOptions extends RestoreOptions {
  readonly user: ChatUser
  readonly agent?: AgentConfig | undefined
  readonly manager?: SessionManager | undefined
}

const restoringOptions: KnownOptions<SessionRestoreOptions> = {
  ...restoreOptions,
  user: sessionOptions.user,
  agent: sessionOptions.agent,
  manager: sessionOptions.manager,
}

/**
 * The session of a user with an agent.
 *
 * @example
 * const session = new ChatSession({ user, agent })
 * agent.tools.push('web_search')
 * session.context.searchResults.query // '': it came with the tool
 */
export class ChatSession extends Owner implements Disposable {
  readonly id: string
  readonly user: ChatUser
  /** The id of the session that this one is a part of. */
  readonly parent: string | undefined
  #agent: AgentConfig | undefined
  readonly #manager: SessionManager

  constructor(options: SessionOptions) {
    checkOwner('A session', options, sessionOptions, 'user')
    const user = options.user[LAYER]
    const agent = options.agent?.[LAYER]
    const registry = options.registry ?? user.registry
    checkRegistries(registry, user, agent)
    const parent = typeof options.parent === 'string' ? options.parent : options.parent?.id
    const id = options.id || (parent === undefined ? newId() : `${parent}.${newId()}`)
    super((owner) => new Layer('session', id, owner, registry, { user }))
    this.id = id
    this.user = options.user
    this.parent = parent
    this.#agent = options.agent
    this.#manager = options.manager ?? (registry.manager ??= new SessionManager())
    const layer = this[LAYER]
    layer.agent = agent
    if (options.strict) toolsOf(layer, true)
    this.#manager.enter(layer)
    const enter = (): void => {
      join(user, layer)
      if (agent !== undefined) join(agent, layer)
      this.fill(options)
      user.membersChanged(layer)
    }
    try {
      // What comes with a content is told along with the session, or not at all.
      if (options.config || options.context || options.sections) {
        user.presence() // what it was can be compared with only if it is known
        layer.domain.batch(enter)
      } else enter()
    } catch (error) {
      this.close()
      throw error
    }
    layer.domain.note({ undo: () => this.close() }) // a batch that throws takes it back
  }

  /**
   * Makes a session from what `snapshot` gave, or from its JSON text: values first, then presence is derived.
   * Where the saved session is still live, this is a second one, which the manager does not know.
   * @throws {RETINUE_SNAPSHOT_OWNER} when it belongs to another user.
   * @throws {RETINUE_SNAPSHOT_INVALID}, {RETINUE_SNAPSHOT_LIMIT}
   */
  static restore(
    json: string | object,
    options: SessionRestoreOptions,
  ): { session: ChatSession; report: Report } {
    const opened = openSnapshot(json, options, restoringOptions, 'user')
    const { id, parent, user, agent } = opened.data as Partial<SessionSnapshot>
    checkArgument('A saved session', 'id', id, option.name, 'RETINUE_OWNER_INVALID')
    const given = options.user.id
    if (user !== given) {
      throw new RetinueError(
        'RETINUE_SNAPSHOT_OWNER',
        `The session ${JSON.stringify(id)} belongs to the user ${JSON.stringify(user)}, not to '${given}'.`,
        { hint: 'Restore it with its own user.', details: { saved: user, given } },
      )
    }
    const { registry, manager } = options
    const home = manager ?? (registry ?? options.user[LAYER].registry).manager
    return options.user.batch(() => {
      const session = new ChatSession({
        user: options.user,
        agent: options.agent,
        id,
        parent: typeof parent === 'string' ? parent : undefined,
        registry,
        manager: home?.get(id!) === undefined ? manager : new SessionManager(), // a live one keeps its place
      })
      loadMessages(session[LAYER], session.messages, opened)
      const report = loadLayer(session[LAYER], opened.data, options)
      const saved = agent ?? null
      const now = options.agent?.name ?? null
      return { session, report: saved === now ? report : { ...report, agent: { saved, given: now } } }
    })
  }

  /** The agent that this session is on; giving it another applies the difference. */
  get agent(): AgentConfig | undefined {
    return this.#agent
  }

  set agent(agent: AgentConfig | undefined) {
    if (agent === this.#agent) return
    const layer = this[LAYER]
    checkOwner('A session', { agent }, sessionOptions)
    const next = agent?.[LAYER]
    checkRegistries(layer.registry, layer.user!, next)
    for (const key of new Set([...(layer.agent?.valued() ?? []), ...(next?.valued() ?? [])])) {
      const entry = layer.registry.at(key)
      for (const index of entry?.shape?.fields.keys() ?? []) layer.capture(entry!, index)
    }
    const set = (value: AgentConfig | undefined): void => {
      if (layer.agent !== undefined) leave(layer.agent, layer)
      layer.user!.members!.remove(layer)
      this.#agent = value
      layer.agent = value?.[LAYER]
      if (layer.agent !== undefined) join(layer.agent, layer)
      layer.user!.members!.place(layer)
      layer.relink()
      layer.domain.epoch++
    }
    changeOwner(layer, 'agent', this.#agent, agent, set, (value) => value?.name)
  }

  /** Tools of this session's own, beside those of its agent. */
  get tools(): ToolList {
    return toolsOf(this[LAYER])
  }

  /** The conversation so far. */
  get messages(): ObservableList<Message> {
    const layer = this[LAYER]
    return (layer.messages ??= new OwnedList(layer, 'messages', takeMessage))
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this[LAYER].ended
  }

  /** Opens an interaction: a layer above this session that is thrown away when it ends. */
  interact(options: InteractionOptions = {}): InteractionContext {
    return new InteractionContext(this, undefined, options)
  }

  /** Renders the prompt: only what changed since the last time is rendered anew. */
  prompt(options: PromptOptions & { readonly interaction?: InteractionContext | undefined } = {}): Prompt {
    checkOptions('prompt()', options, promptOptions)
    const { interaction } = options
    if (interaction && interaction.session !== this) {
      throw new RetinueError(
        'RETINUE_OWNER_INVALID',
        `The interaction '${interaction.id}' is not one of this session.`,
        { hint: "Pass what this session's interact() gave." },
      )
    }
    return renderPrompt(interaction?.[LAYER] ?? this[LAYER], options)
  }

  /**
   * Says why something is here: who asked for it, by which way, who defined it, and which layer set each field.
   *
   * @example
   * console.log(session.explain('context.search_results').text)
   */
  explain(key: Key): Explanation {
    return explain(this[LAYER], key)
  }

  /** What this session holds, as plain JSON. It creates nothing and changes nothing. */
  snapshot(options?: SnapshotOptions): SessionSnapshot {
    const layer = this[LAYER]
    const own = {
      id: this.id,
      ...(this.parent !== undefined && { parent: this.parent }),
      user: this.user.id,
      agent: this.#agent?.name ?? null,
    }
    return {
      ...saveLayer(layer, own, options),
      ...saveTools(layer),
      messages: (options?.frozen ? layer.messages?.items : layer.messages?.map(plainMessage)) ?? [],
    }
  }

  toJSON(): SessionSnapshot {
    return this.snapshot()
  }

  /** Ends the session and its interactions; it takes no more changes and hears nothing more. */
  close(): void {
    this.#manager.leave(this[LAYER])
    this[LAYER].end()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function checkRegistries(registry: Registry, user: Layer, agent: Layer | undefined): void {
  if (user.registry === registry && (agent ?? user).registry === registry) return
  throw new RetinueError(
    'RETINUE_REGISTRY_MIXED',
    'The user, agent and session were made with different registries.',
    { hint: 'Pass the same { registry } to each of them.' },
  )
}
