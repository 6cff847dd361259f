// A session, taken apart: what is present and who asked for it, which layer each value comes from, what the prompt is
// made of and costs, and what was committed when. The facts are data; the texts are made from them.
import type { ChatSession, Explanation, Prompt, Quarantined, Report, UnresolvedTool } from '@retinue/kernel'
import type { Revision } from '@retinue/store'
import { firstSentence } from './failure.ts'
import { counted } from './figures.ts'
import { whenText } from './session-table.ts'
import { safeLine } from './terminal/safe-text.ts'
import type { Style } from './terminal/style.ts'

/** What there is to know of a session. */
export interface Inspection {
  readonly id: string
  readonly user: string
  readonly agent: string | null
  readonly messages: number
  readonly bags: Readonly<Record<string, readonly Omit<Explanation, 'text' | 'toString'>[]>>
  /** `kind.type` of values that are kept although nobody needs them now. */
  readonly parked: readonly string[]
  readonly report: Report | undefined
  /** What of it could not be used, now or when it was loaded earlier. */
  readonly quarantine: readonly Quarantined[]
  readonly toolsets: readonly string[]
  readonly unresolved: readonly UnresolvedTool[]
  readonly prompt: Pick<Prompt, 'tokens' | 'parts' | 'tools' | 'notices'>
  readonly timeline: readonly Revision[]
}

/** Looks into a session; changes nothing of it. */
export function inspect(
  session: ChatSession,
  report: Report | undefined,
  timeline: readonly Revision[],
): Inspection {
  const bags = bagNames.map((bag) => {
    const items = session[bag].$types().map((type) => {
      const { text: _text, ...facts } = session.explain(`${bag}.${type}`)
      return facts
    })
    return [bag, items] as const
  })
  const parked = bagNames.flatMap((bag) => session[bag].$parked().map((type) => `${bag}.${type}`))
  const { tokens, parts, tools, notices } = session.prompt()
  return {
    id: session.id,
    user: session.user.id,
    agent: session.agent?.name ?? null,
    messages: session.messages.length,
    bags: Object.fromEntries(bags),
    parked,
    report,
    quarantine: session.quarantine,
    toolsets: session.tools.inForce,
    unresolved: session.tools.unresolved,
    prompt: { tokens, parts, tools, notices },
    timeline,
  }
}

const bagNames = ['config', 'context', 'sections'] as const

/** Describes an inspection. */
export function describeInspection(inspection: Inspection, style: Style): string {
  const { id, user, agent, messages, bags, parked, report, quarantine, timeline } = inspection
  const lines = [
    `${style.bold(safeLine(id))}  of ${safeLine(user)}, with ${safeLine(agent ?? 'no agent')}, ${counted(messages, 'message')}`,
  ]
  if (report?.agent !== undefined) {
    const { saved } = report.agent
    lines.push(
      style.yellow(safeLine(`It was with ${saved ?? 'no agent'}; shown is what it is with ${agent}.`)),
    )
  }
  for (const [bag, items] of Object.entries(bags)) {
    lines.push('', style.bold(bag), ...(items.length === 0 ? [style.dim('  nothing')] : []))
    for (const item of items) lines.push(...describeItem(item, style))
  }
  lines.push(...listed('kept, although nobody needs it now', parked, style))
  lines.push(
    ...listed(
      'set aside when it was loaded',
      quarantine.map(({ at, reason }) => `${at}: ${reason}`),
      style,
    ),
  )
  lines.push(...listed('kept until its plugin is there', report?.unknown ?? [], style))
  lines.push('', style.bold('tools'), ...describeForce(inspection, style))
  lines.push('', style.bold('prompt'), describePrompt(inspection.prompt, style))
  lines.push('', style.bold('timeline'), ...describeTimeline(timeline, style))
  return lines.join('\n')
}

/** Describes the parts of a prompt, and its tools, with their tokens. */
export function describePrompt(
  { tokens, parts, tools, notices }: Inspection['prompt'],
  style: Style,
): string {
  const rows = [
    ...tools.map(
      ({ name, tokens: cost, origin }) => [cost, `tool ${name}`, 'static', origin.package] as const,
    ),
    ...parts.map(({ section, tokens: cost, stability, origin, form }) => {
      const what = form === 'full' ? section : `${section} (${form})`
      return [cost, what, stability, origin.package] as const
    }),
  ]
  const width = Math.max(0, ...rows.map(([, what]) => what.length))
  const lines = rows.map(
    ([cost, what, stability, origin]) =>
      `  ${String(cost).padStart(6)}  ${safeLine(what).padEnd(width)}  ${stability.padEnd(7)}  ${style.dim(safeLine(origin))}`,
  )
  lines.push(`  ${style.bold(String(tokens).padStart(6))}  tokens in all, estimated`)
  for (const { message } of notices) lines.push(`  ${style.yellow(safeLine(message))}`)
  return lines.join('\n')
}

/** Describes the tools in force, and those that can't be; `asks` names those that ask beside those that say so. */
export function describeTools(session: ChatSession, asks: ReadonlySet<string>, style: Style): string {
  const { inForce, unresolved } = session.tools
  const published = session.tools.published()
  const lines = inForce.flatMap((toolset) => [
    `  ${style.cyan(toolset)}`,
    ...published
      .filter((each) => each.toolset === toolset)
      .map(
        ({ name, tool }) =>
          `    ${name}${tool.approval === false && !asks.has(name) ? '' : style.yellow(' (asks)')}  ${style.dim(tool.description)}`,
      ),
  ])
  lines.push(...unresolved.map((each) => unresolvedLine(each, style)))
  return lines.length === 0 ? '  No tools.' : lines.join('\n')
}

function describeForce({ toolsets, unresolved }: Inspection, style: Style): string[] {
  const lines = toolsets.map((name) => `  ${name}`)
  lines.push(...unresolved.map((each) => unresolvedLine(each, style)))
  return lines.length === 0 ? [style.dim('  none')] : lines
}

function unresolvedLine({ type, reason }: UnresolvedTool, style: Style): string {
  return `  ${style.red(type)}  ${safeLine(firstSentence(reason))}`
}

function describeItem(item: Omit<Explanation, 'text' | 'toString'>, style: Style): string[] {
  const { type, origin, requestedBy, fields } = item
  const from = origin === undefined ? '' : style.dim(` ${origin.package}@${origin.version}`)
  const lines = [`  ${style.cyan(type)}${from}`]
  for (const { by, on, path } of requestedBy) {
    const way = path.length > 2 ? ` (${path.slice(1, -1).join(' → ')})` : ''
    lines.push(style.dim(`    asked for by ${safeLine(by)} on ${safeLine(on)}${way}`))
  }
  for (const [field, { value, source }] of Object.entries(fields)) {
    lines.push(`    ${field} = ${short(value)} ${style.dim(`(${source})`)}`)
  }
  return lines
}

function listed(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : ['', style.bold(title), ...lines.map((line) => `  ${safeLine(line)}`)]
}

function describeTimeline(timeline: readonly Revision[], style: Style): string[] {
  if (timeline.length === 0) return [style.dim('  nothing was committed')]
  return timeline.flatMap(({ at, revision, messages, items: put, own }, i) => {
    const before = timeline[i - 1]?.messages ?? 0
    const changed = { ...put, ...(i > 0 && own) } // what a session begins with is no change
    const items = Object.entries(changed).map(([key, value]) => `${key} = ${short(value)}`)
    // The results of tools come one by one, into the message that is there for them.
    const isInPlace = messages === before && items.length === 0 && own === undefined
    const changes = [
      ...(messages === before ? [] : [`messages: ${before} → ${messages}`]),
      ...(isInPlace ? ['messages: changed in place'] : []),
      ...items,
    ]
    const head = `  ${style.dim(`${whenText(new Date(at), 'seconds')}  ${String(revision).padStart(4)}`)}`
    return changes.map((change, j) => `${j === 0 ? head : ' '.repeat(27)}  ${change}`)
  })
}

function short(value: unknown): string {
  const text = safeLine(JSON.stringify(value) ?? 'nothing')
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}
