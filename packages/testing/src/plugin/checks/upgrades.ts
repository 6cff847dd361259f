import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  type Registration,
  type Registry,
  type Report,
} from '@retinue/kernel'
import type { Check } from '../check.ts'
import { breakWith, broken, Skip } from '../../verdict.ts'
import { entriesOf, registryWith, type Subject } from '../subject.ts'

type Saved = Record<string, unknown>

/** What each earlier version saved is brought up to date, and nothing of it is lost. */
export const upgrades: Check = {
  name: 'what earlier versions saved is brought up to date',
  run(subject) {
    const entries = entriesOf(registryWith(subject), subject).filter(({ shape }) => shape !== undefined)
    for (const entry of entries) checkSteps(entry)
    const fixtures = fixturesOf(subject)
    const missing = entries.flatMap((entry) =>
      earlierVersions(entry)
        .filter((version) => !fixtures.some(({ saved }) => holds(saved, entry, version)))
        .map((version) => ({ kind: entry.kind.name, type: entry.type, version })),
    )
    if (missing.length > 0 && fixtures.length === 0 && subject.folder.split(sep).includes('node_modules')) {
      throw new Skip('the package brings no fixtures; name their folder by --fixtures')
    }
    for (const { file, saved } of fixtures) restore(subject, file, saved)
    for (const entry of entries) for (const version of earlierVersions(entry)) upgradeNothing(entry, version)
    breakWith(
      missing.map(({ kind, type, version }) => [
        `No fixture has the ${kind} '${type}' as version ${version} saved it.`,
        `Put the snapshot of a session that has it into ${join(subject.fixtures, `v${version}.json`)}.`,
      ]),
    )
  },
}

function earlierVersions({ shape }: Registration): number[] {
  return Array.from({ length: shape!.version - 1 }, (_, i) => i + 1)
}

/** A step from the version that a type has, or a later one, never runs. */
function checkSteps({ kind, type, shape }: Registration): void {
  const { version, options } = shape!
  const idle = Object.keys(options.upgrade ?? {}).find((from) => Number(from) >= version)
  if (idle === undefined) return
  throw broken(
    `The ${kind.name} '${type}' of version ${version} has an upgrade step from version ${idle}, which never runs.`,
    `Say { version: ${Number(idle) + 1} } where its fields are defined.`,
  )
}

/** A layer that has set none of a step's fields comes out with none: a step neither fills in nor counts on them. */
function upgradeNothing({ kind, type, shape }: Registration, version: number): void {
  const { own, rejected } = shape!.load({ version, values: {} }, undefined, new Set())
  const [failed] = rejected
  const filled = shape!.fields.filter((_field, i) => own[i] !== undefined)
  if (failed === undefined && filled.length === 0) return
  throw broken(
    `Of the ${kind.name} '${type}' as version ${version} saved it, a layer that had set nothing ${
      failed === undefined ? `gets values for ${filled.join(', ')}` : `does not load: ${failed.reason}`
    }.`,
    'A step gets the fields that one layer had set, often not all: {} gives {}, as in ({ q, ...rest }) => ({ ...rest, query: q }), where undefined is not stored.',
  )
}

function fixturesOf({ fixtures }: Subject): { file: string; saved: Saved }[] {
  if (!existsSync(fixtures)) return []
  const files = readdirSync(fixtures).filter((name) => name.endsWith('.json'))
  return files.map((name) => {
    const file = join(fixtures, name)
    return { file, saved: savedIn(file) }
  })
}

function savedIn(file: string): Saved {
  let saved: unknown
  let cause: unknown
  try {
    saved = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    cause = error
  }
  if (typeof saved === 'object' && saved !== null && !Array.isArray(saved)) return saved as Saved
  const what = `${file} is no ${cause === undefined ? 'snapshot' : 'JSON'}.`
  throw broken(what, 'A fixture is a snapshot, as JSON.stringify(session) gives it.', cause)
}

/** The snapshots of a fixture: that of a session, or several by owner. */
function snapshotsOf(saved: Saved): { user?: Saved; agent?: Saved; session?: Saved } {
  return 'format' in saved ? { session: saved } : saved
}

function holds(saved: Saved, { kind, type }: Registration, version: number): boolean {
  return Object.values(snapshotsOf(saved)).some(
    (owner) => storedIn(owner, kind.bag, type).version === version,
  )
}

function restore(subject: Subject, file: string, saved: Saved): void {
  const registry = registryWith(subject)
  const { user: ofUser, agent: ofAgent, session: ofSession } = snapshotsOf(saved)
  const user = ofUser && ChatUser.restore(ofUser, { registry })
  const agent = ofAgent && AgentConfig.restore(ofAgent, { registry })
  const session =
    ofSession && ChatSession.restore(ofSession, sessionOptions(registry, ofSession, user?.user, agent?.agent))
  for (const report of [user, agent, session].map((each) => each?.report)) checkReport(file, report)
  const entries = entriesOf(registry, subject)
  if (user) checkKept(file, entries, ofUser!, user.user.snapshot())
  if (agent) checkKept(file, entries, ofAgent!, agent.agent.snapshot())
  if (session) checkKept(file, entries, ofSession!, session.session.snapshot())
}

/** What a step does not hand on is gone without a word: a field that the type still has, or all of them. */
function checkKept(file: string, entries: readonly Registration[], saved: Saved, loaded: object): void {
  for (const { kind, type, shape } of entries) {
    const { version = 1, values = {} } = storedIn(saved, kind.bag, type)
    if (shape === undefined || version === shape.version) continue
    const kept = storedIn(loaded, kind.bag, type).values ?? {}
    const fields = Object.keys(values)
    const isNoneLeft = Object.keys(kept).length === 0
    const lost = fields.filter((field) => isNoneLeft || (shape.fields.includes(field) && !(field in kept)))
    if (lost.length === 0) continue
    throw broken(
      `${file} has the ${kind.name} '${type}' of version ${version} with ${lost.join(', ')}, of which nothing is left.`,
      'Let a step hand on what stays, as in ({ q, ...rest }) => ({ ...rest, query: q }). Take what you drop on purpose out of the fixture.',
    )
  }
}

/** What a snapshot has of a type. */
function storedIn(
  owner: object | undefined,
  bag: string,
  type: string,
): { version?: number; values?: object } {
  const items = (owner as Saved | undefined)?.[bag] as Saved | undefined
  return items?.[type] ?? {}
}

function sessionOptions(
  registry: Registry,
  { user: id, agent: name }: Saved,
  user: ChatUser | undefined,
  agent: AgentConfig | undefined,
): { user: ChatUser; agent?: AgentConfig; registry: Registry } {
  return {
    registry,
    user: user ?? new ChatUser({ id: String(id), registry }),
    ...(typeof name === 'string' && { agent: agent ?? new AgentConfig({ name, registry }) }),
  }
}

function checkReport(file: string, report: Report | undefined): void {
  const [unknown] = report?.unknown ?? []
  if (unknown !== undefined) {
    throw broken(
      `${file} has ${unknown}, which neither this plugin nor one alongside it registers: what was saved there lies idle.`,
      "A type keeps its name, whatever its class is called. Name who registers another's type alongside; take what you dropped on purpose out of the fixture.",
    )
  }
  const [lost] = report?.quarantined ?? []
  if (lost === undefined) return
  const { at, field, version, reason } = lost
  throw broken(
    `${file} does not load: ${at}${field === undefined ? '' : `.${field}`} of version ${version}: ${reason}`,
    'Give its class an upgrade step for each earlier version; a step gets the stored fields and returns those of the next version.',
  )
}
