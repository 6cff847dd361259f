// The resources of a server: as an application lists them, and as two tools, of which one lists them and the other reads one.
import type { Client, RequestOptions, Resource } from '@modelcontextprotocol/client'
import { type RunContext, type Static, type TObject, type TProperties, Type } from '@retinue/kernel'
import { definitionHash } from './definition-hash.ts'
import { cleaned } from './foreign-text.ts'
import { type OfferedTool, offeredTool, type ToolValue } from './offer.ts'
import type { ResultPart } from './result-parts.ts'

/** A resource, or a template of addresses of such: `file:///{path}`. */
export interface McpResource {
  readonly uri: string
  readonly isTemplate: boolean
  readonly name: string
  readonly description: string
  readonly mediaType: string | undefined
}

/** The resources of a server and its templates; a server that knows nothing of either has none. */
export async function listResources(client: Client, options: RequestOptions): Promise<McpResource[]> {
  if (!client.getServerCapabilities()?.resources) return []
  const [{ resources }, { resourceTemplates }] = await Promise.all([
    client.listResources(undefined, options),
    client.listResourceTemplates(undefined, options).catch(() => ({ resourceTemplates: [] })),
  ])
  return [
    ...resources.map((each) => resourceOf(each.uri, false, each)),
    ...resourceTemplates.map((each) => resourceOf(each.uriTemplate, true, each)),
  ]
}

function resourceOf(uri: string, isTemplate: boolean, about: Omit<Resource, 'uri'>): McpResource {
  const { title, name, description = '', mimeType } = about
  return {
    uri,
    isTemplate,
    name: cleaned(title ?? name, 200),
    description: cleaned(description, 1000),
    mediaType: mimeType,
  }
}

/** What the tools call. */
export interface Reader {
  readonly name: string
  resources(signal: RunContext['signal']): Promise<McpResource[]>
  read(uri: string, signal: RunContext['signal']): Promise<ResultPart[]>
}

const perPage = 100

/** Makes the tools that list and read the resources of a server. */
export function resourceTools(reader: Reader, timeoutMs: number): OfferedTool[] {
  const server = reader.name
  const toolOf = <P extends TProperties>(
    tool: string,
    description: string,
    properties: P,
    execute: (input: Static<TObject<P>>, run: RunContext) => Promise<ToolValue>,
  ) => {
    const name = `mcp_${server}_${tool}`
    const about = { name, tool, description, hash: definitionHash({ name, description }) }
    return offeredTool(about, Type.Object(properties), timeoutMs, execute)
  }
  return [
    toolOf(
      'resources_list',
      `Lists the resources of the server '${server}': addresses, and what is there.`,
      { offset: Type.Optional(Type.Integer({ minimum: 0 })) },
      async ({ offset = 0 }, { signal }) => page(await reader.resources(signal), offset),
    ),
    toolOf(
      'resources_read',
      `Reads a resource of the server '${server}' by its address.`,
      { uri: Type.String({ minLength: 1, maxLength: 4000 }) },
      ({ uri }, { signal }) => reader.read(uri, signal),
    ),
  ]
}

function page(resources: readonly McpResource[], offset: number): string {
  const lines = resources.slice(offset, offset + perPage).map(({ uri, name, description, mediaType }) => {
    const about = [name, mediaType, description].filter(Boolean)
    return cleaned(`${uri}: ${about.join(', ')}`, 500).replaceAll('\n', ' ')
  })
  const rest = resources.length - offset - lines.length
  if (rest > 0) lines.push(`[${rest} more; go on with offset ${offset + lines.length}]`)
  return lines.join('\n') || 'There are none.'
}
