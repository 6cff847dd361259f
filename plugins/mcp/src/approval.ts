// Approvals that last. A call of a server's tool is asked about, unless the user or the application has approved the
// tool's definition as it is now: by its hash, so that a server that changes a definition has to be approved anew.
import { type AgentConfig, type ChatUser, Config, type InteractionContext, Type } from '@retinue/kernel'

/** What may be called without asking. */
export class McpConfig extends Config('mcp', {
  approved: Type.Record(Type.String(), Type.String({ maxLength: 100 }), {
    default: {},
    // Neither a session nor a model, and so nothing that comes from outside, can approve anything.
    setBy: ['user', 'agent'],
    description: 'Hashes of definitions by tool: called without asking. `approve` fills it.',
  }),
}) {}

/** What can be approved: a tool by its published name, as its hash pins it. */
export interface Approvable {
  readonly name: string
  readonly hash: string
}

/**
 * Lets tools be called without asking, as they are defined now: in all sessions of a user, or of an agent. It is saved
 * with them. To take it back, assign `config.mcp.approved` without them.
 *
 * @example
 * approve(user, ...files.tools.filter(({ tool }) => tool === 'read_file'))
 */
export function approve(owner: ChatUser | AgentConfig, ...tools: readonly Approvable[]): void {
  const { mcp } = owner.config
  mcp.approved = { ...mcp.approved, ...Object.fromEntries(tools.map(({ name, hash }) => [name, hash])) }
}

/** Tells whether a call in an interaction has to be asked about. */
export function mustAsk({ name, hash }: Approvable, { session }: InteractionContext): boolean {
  return ![session.user, session.agent].some(
    (owner) => owner?.config.$peek(McpConfig)?.approved[name] === hash,
  )
}
