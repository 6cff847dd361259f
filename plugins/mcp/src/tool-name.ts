// The names under which a server's tools are published: `mcp_<server>_<tool>` in the grammar of type names. A name that
// does not fit, or that two tools would have, is told apart by a digest of the server's own name for it.
import { createHash } from 'node:crypto'
import { defineToolset } from '@retinue/kernel'

const maxLength = 64

/**
 * Gives each tool its published name, whatever the order in which a server lists them.
 * @param isTaken tells whether somebody else has a name.
 */
export function toolNames(
  server: string,
  tools: readonly string[],
  isTaken: (name: string) => boolean,
): ReadonlyMap<string, string> {
  const plain = new Map(tools.map((tool) => [tool, `mcp_${server}_${snake(tool)}`]))
  const counts = new Map<string, number>()
  for (const name of plain.values()) counts.set(name, (counts.get(name) ?? 0) + 1)
  const names = new Map<string, string>()
  for (const [tool, name] of plain) {
    const isOwn = counts.get(name) === 1 || name === `mcp_${server}_${tool}`
    names.set(tool, isOwn && isName(name) && !isTaken(name) ? name : distinct(server, name, tool))
  }
  return names
}

/** Snake case, as far as a name of any script goes; a digit joins the word before it, since no word starts with one. */
function snake(tool: string): string {
  return tool
    .slice(0, 2 * maxLength)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$|_(?=[0-9])/g, '')
}

function distinct(server: string, name: string, tool: string): string {
  const digest = `h${createHash('sha256').update(tool).digest('hex').slice(0, 8)}`
  const cut = `${name.slice(0, maxLength - digest.length - 1).replace(/_$/, '')}_${digest}`
  return isName(cut) ? cut : `mcp_${server}_tool_${digest}` // a word of its own, whatever letters are beside it
}

/** Whether a toolset can have that name; the kernel says. */
export function isName(name: string): boolean {
  try {
    defineToolset(name, { tools: {} })
    return true
  } catch {
    return false
  }
}
