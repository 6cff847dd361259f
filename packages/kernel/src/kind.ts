// Kinds: what sorts of things can be registered, where their bags hang, and where they stand in an event's order.
// The four of the kernel are made here by the same call that a plugin uses for a kind of its own.
import { reservedNames, words } from './name.ts'
import { checkDefinition, option, type KnownOptions } from './options.ts'

/** The sorts of owner. */
export type OwnerType = 'user' | 'agent' | 'session' | 'interaction'

const owners: readonly OwnerType[] = Object.freeze(['user', 'agent', 'session', 'interaction'] as const)

/** What makes a kind. */
export interface KindOptions<N extends string = string> {
  /** In the singular: `'machine'`. Events are named by it: `machineAdded`, `machineRemoved`. */
  readonly name: N
  /** The property of owners that holds the bag, and the key in a snapshot: `'machines'`. */
  readonly bag: string
  /** The kind after which this one's events come; they always come before those of toolsets. @default 'section' */
  readonly after?: string
  /** The owners that have the bag. @default all four */
  readonly owners?: readonly OwnerType[]
  /** Whether own values are saved. @default true */
  readonly snapshot?: boolean
  /** Whether templates see the bag, under its name. @default true */
  readonly view?: boolean
  /** The owner on which a tool requests what it needs of this kind: its session (or interaction), or its user. @default 'session' */
  readonly home?: 'session' | 'user'
}

/** A kind, complete. */
export interface KindSpec<N extends string = string> extends Required<KindOptions<N>> {}

/** What a class or toolset carries to say of which kind it is; a brand, since copies of the kernel share it. */
export const KIND: unique symbol = Symbol.for('@retinue/kernel/kind') as never

/** Checks and completes the options of a kind. */
export function completeKind<N extends string>(options: KindOptions<N>): KindSpec<N> {
  checkDefinition('A kind', options, kindOptions, 'name', 'bag')
  return Object.freeze({
    after: 'section',
    owners,
    snapshot: true,
    view: true,
    home: 'session',
    ...(JSON.parse(JSON.stringify(options)) as KindOptions<N>), // without what is undefined
  })
}

/** What owners, snapshots, templates and their own code call something else: a bag of that name would hide behind it. */
const takenBags = words(
  'format id name parent user agent model instructions requested tools excluded messages quarantine ' +
    'registry revision acceptQuarantine on once emit batch replay session input signal closed ended ' +
    'interact prompt explain snapshot close promote child abort end fork ' +
    'interactionContext section now json fence list it include includeAsync layout output options',
)

const kindOptions: KnownOptions<KindOptions> = {
  name: [
    "one lower-case word, such as 'machine'",
    (name) => typeof name === 'string' && /^[a-z]{1,32}$/.test(name),
  ],
  bag: [
    "a property that nothing else has, such as 'machines'",
    (bag) =>
      typeof bag === 'string' &&
      /^[a-z][a-zA-Z]{0,31}$/.test(bag) &&
      !takenBags.has(bag) &&
      !reservedNames.has(bag),
  ],
  after: option.text,
  owners: [
    `a list of ${owners.join(', ')}`,
    (list) => Array.isArray(list) && list.every((each) => owners.includes(each as OwnerType)),
  ],
  snapshot: option.flag,
  view: option.flag,
  home: option.oneOf('session', 'user'),
}

/** What a tool is configured by: requested on the user, read through session, user and agent. */
export const configKind = completeKind({
  name: 'config',
  bag: 'config',
  after: '',
  home: 'user',
  view: false,
})

/** What a session knows. */
export const contextKind = completeKind({ name: 'context', bag: 'context', after: 'config' })

/** What a prompt says. */
export const sectionKind = completeKind({ name: 'section', bag: 'sections', after: 'context' })

/** Tools that come and go together; owners list them, so no owner has a bag of them. */
export const toolsetKind = completeKind({
  name: 'toolset',
  bag: 'toolsets',
  after: 'section',
  owners: [],
  view: false,
})

/** Whether what an owner of a sort has of a kind is saved with it. */
export function isSaved({ snapshot, owners }: KindSpec, owner: OwnerType): boolean {
  return snapshot && owners.includes(owner)
}

/** Those of one kind, of what is registered or present, in order. */
export function ofKind<T extends { readonly kind: KindSpec }>(
  entries: ReadonlyMap<string, T>,
  name: string,
): T[] {
  return [...entries.values()].filter(({ kind }) => kind.name === name)
}

/** Sorts kinds in the order of events: each behind the one it names, the toolsets last. */
export function inEventOrder(kinds: Iterable<KindSpec>): KindSpec[] {
  const rest = [...kinds].filter((kind) => kind.name !== 'toolset').sort((a, b) => (a.name < b.name ? -1 : 1))
  const sorted: KindSpec[] = []
  const place = (after: string): void => {
    for (const kind of rest.filter((each) => each.after === after)) {
      sorted.push(kind)
      place(kind.name)
    }
  }
  place('')
  return [...sorted, ...rest.filter((kind) => !sorted.includes(kind)), toolsetKind]
}
