// The user: the layer below every session of a person. What is set here shows in each of them until it is
// overridden there, and stays for good.
import { LAYER, Layer } from './layers.ts'
import { option, type KnownOptions } from './options.ts'
import { bagOptions, checkOwner, Owner, type BagContents } from './owner.ts'
import { aRegistry, type Registry } from './registry.ts'
import { registry as shared } from './shared.ts'
import { loadLayer, openSnapshot, restoreOptions, type Report, type RestoreOptions } from './loading.ts'
import { saveLayer, type OwnerSnapshot, type SnapshotOptions } from './snapshot.ts'

/** What a user is made of. */
export interface UserOptions extends BagContents {
  /** Sessions are saved with it, and restored for nobody else. */
  readonly id: string
  /** @default the shared registry */
  readonly registry?: Registry | undefined
}

const userOptions: KnownOptions<UserOptions> = { ...bagOptions, id: option.name, registry: aRegistry }

/** A user as it is saved. */
export interface UserSnapshot extends OwnerSnapshot {
  readonly id: string
}

/**
 * A person, or whoever else sessions belong to.
 *
 * @example
 * const user = new ChatUser({ id: 'ada' })
 * user.config.webSearch.maxResults = 7
 */
export class ChatUser extends Owner {
  readonly id: string

  constructor(options: UserOptions) {
    checkOwner('A user', options, userOptions, 'id')
    const { id, registry = shared } = options
    super((owner) => new Layer('user', id, owner, registry))
    this.id = id
    this.fill(options)
  }

  /**
   * Makes a user from what `snapshot` gave, or from its JSON text.
   * @throws {RETINUE_SNAPSHOT_INVALID}, {RETINUE_SNAPSHOT_LIMIT}
   */
  static restore(json: string | object, options: RestoreOptions = {}): { user: ChatUser; report: Report } {
    const { data } = openSnapshot(json, options, restoreOptions)
    const user = new ChatUser({
      id: data.id as string,
      registry: options.registry,
    })
    return { user, report: loadLayer(user[LAYER], data, options) }
  }

  /** What was set on this user, as plain JSON. */
  snapshot(options?: SnapshotOptions): UserSnapshot {
    return saveLayer(this[LAYER], { id: this.id }, options)
  }

  toJSON(): UserSnapshot {
    return this.snapshot()
  }
}
