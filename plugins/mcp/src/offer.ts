// What a server offers, as definitions: a toolset for each tool, one for its resources, a section for its instructions,
// and a toolset that needs all of them, so that they come and go with it, one by one. A definition that stays the same
// stays the same object.
import type { Tool as ServerTool } from '@modelcontextprotocol/client'
import {
  definePlugin,
  defineTool,
  defineToolset,
  type EntryClass,
  fence,
  type Plugin,
  type RetinueError,
  type RunContext,
  Section,
  type TObject,
  type Toolset,
} from '@retinue/kernel'
import { McpConfig, mustAsk } from './approval.ts'
import { definitionHash } from './definition-hash.ts'
import { reasonOf, untaken } from './errors.ts'
import { foreignSchema } from './foreign-schema.ts'
import { cleaned } from './foreign-text.ts'
import { plugin } from './mcp.ts'
import type { ResultPart } from './result-parts.ts'
import type { Limits } from './server-options.ts'
import { toolNames } from './tool-name.ts'

/** A tool of a server. */
export interface McpTool {
  /** The name that models call it by: `mcp_<server>_<tool>`. */
  readonly name: string
  /** The server's own name for it. */
  readonly tool: string
  readonly description: string
  /** Pins the definition: it changes with whatever the server says of the tool. */
  readonly hash: string
}

/** A tool, and the toolset that holds it. */
export interface OfferedTool {
  readonly tool: McpTool
  readonly toolset: Toolset
}

/** What definitions call, and what holds for them. */
export interface Caller extends Pick<Limits, 'timeoutMs' | 'maxTools'> {
  readonly name: string
  call(tool: McpTool, definition: ServerTool, input: object, run: RunContext): Promise<ToolValue>
}

/** What a tool gives back: text, or parts. */
export type ToolValue = string | ResultPart[]

/** What a server says that it has. */
export interface Listing {
  readonly tools: readonly ServerTool[]
  readonly instructions: string | undefined
  /** What reads its resources, where it has any. */
  readonly resources: readonly OfferedTool[]
}

/** What a server offers, as it was taken. */
export interface Offer {
  /** The same object as before, where nothing in it has changed. */
  readonly plugin: Plugin
  readonly tools: readonly McpTool[]
  /** Why some tools were not taken. */
  readonly problems: readonly RetinueError[]
  readonly offered: readonly OfferedTool[]
  readonly section: SaidSection | undefined
}

/** A section, and what it says. */
interface SaidSection {
  readonly text: string
  readonly definition: EntryClass
}

/**
 * Takes what a server offers.
 * @param isTaken tells whether a name is somebody else's.
 * @param before what it offered until now.
 */
export function takeOffer(
  caller: Caller,
  { tools, instructions, resources }: Listing,
  isTaken: (type: string) => boolean,
  before?: Offer,
): Offer {
  const definitions = new Map<string, ServerTool>()
  for (const tool of tools) if (!definitions.has(tool.name)) definitions.set(tool.name, tool)
  const known = new Map(before?.offered.map((each) => [each.tool.hash, each]))
  const own = new Set(resources.map(({ toolset }) => toolset.type))
  const names = toolNames(caller.name, [...definitions.keys()], (name) => own.has(name) || isTaken(name))
  const problems: RetinueError[] = []
  const offered: OfferedTool[] = []
  for (const [tool, name] of names) {
    const rest = names.size - offered.length - problems.length
    if (offered.length === caller.maxTools) {
      problems.push(untaken('tool', tool, `the server has more than ${caller.maxTools} tools`, rest))
      break
    }
    try {
      const definition = definitions.get(tool)!
      const hash = definitionHash(definition)
      const same = known.get(hash)
      offered.push(same?.tool.name === name ? same : take(caller, definition, name, hash))
    } catch (error) {
      problems.push(untaken('tool', tool, reasonOf(error)))
    }
  }
  offered.sort((a, b) => (a.tool.name < b.tool.name ? -1 : 1)) // however the server lists them: caches want one order
  offered.push(...resources)
  const section = sectionOf(caller.name, instructions, before?.section)
  const isSame =
    section === before?.section &&
    offered.length === before?.offered.length &&
    offered.every((each, i) => each === before.offered[i])
  return {
    plugin: isSame ? before.plugin : pluginOf(caller.name, offered, section),
    tools: offered.map(({ tool }) => tool),
    problems,
    offered,
    section,
  }
}

function take(caller: Caller, definition: ServerTool, name: string, hash: string): OfferedTool {
  if (definition.execution?.taskSupport === 'required') throw new Error('it runs as a task')
  const tool: McpTool = {
    name,
    tool: definition.name,
    description: cleaned(definition.description ?? definition.title ?? definition.name, maxDescriptionChars),
    hash,
  }
  const input = foreignSchema(definition.inputSchema)
  return offeredTool(tool, input, caller.timeoutMs, (given, run) => caller.call(tool, definition, given, run))
}

/** A tool in a toolset of its own, asked about unless its definition is approved. */
export function offeredTool(
  tool: McpTool,
  input: TObject,
  timeoutMs: number,
  execute: (input: never, run: RunContext) => Promise<ToolValue>,
): OfferedTool {
  const { name, description, hash } = tool
  const definition = defineTool({
    description,
    input,
    output: 'content',
    approval: (_input, interaction) => mustAsk(tool, interaction),
    revision: hash,
    timeoutMs,
    execute: execute as never,
  })
  return { tool, toolset: defineToolset(name, { needs: [McpConfig], tools: { [name]: definition } }) }
}

/** A section with what the server says about its tools, marked off as the words of somebody else. */
function sectionOf(
  server: string,
  instructions: string | undefined,
  before: SaidSection | undefined,
): SaidSection | undefined {
  const said = cleaned(instructions ?? '', maxDescriptionChars).trim()
  if (!said) return undefined
  const text = `What the server of the tools mcp_${server}_… says about them:\n${fence(said)}`
  if (before?.text === text) return before
  const options = { slot: 'tools', stability: 'session', template: () => text } as const
  return { text, definition: Section(`mcp_${server}`, {}, options) }
}

/** The longest description of a tool, and the longest instructions. */
const maxDescriptionChars = 4000

/** The plugin of a server. Its name is the server's own, so that no two servers take anything from each other in silence. */
function pluginOf(server: string, offered: readonly OfferedTool[], section: SaidSection | undefined): Plugin {
  const brought = [section?.definition ?? [], offered.map(({ toolset }) => toolset)].flat()
  const whole = defineToolset(`mcp_${server}`, { needs: [McpConfig, ...brought], tools: {} })
  return definePlugin({
    name: `${plugin.name}:${server}`,
    version: plugin.version,
    contributes: [...brought, whole],
    file: import.meta.url,
  })
}
