// Calls one tool by hand, as a run would: no model, no agent package.
import {
  checkOptions,
  compileSchema,
  homeOf,
  type KnownOptions,
  openSecrets,
  option,
  RetinueError,
  type ChatSession,
  type InteractionContext,
} from '@retinue/kernel'

/** How a tool is called. */
export interface CallToolOptions {
  /** Hears what the tool sends by `run.emit`. */
  readonly onEvent?: ((event: unknown) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const callOptions: KnownOptions<CallToolOptions & { at: unknown }> = {
  at: ['a session or an interaction', (at) => 'interact' in Object(at) || 'promote' in Object(at)],
  onEvent: option.function,
  signal: option.signal,
}

/**
 * Calls a tool by its published name and gives what it returns, as it is: a run refuses what JSON would lose of it. At a
 * session it runs in an interaction of its own, which ends with the call; at an interaction, what it wrote there can be
 * looked at.
 * @throws {RETINUE_TOOL_UNKNOWN}, {RETINUE_TOOL_INPUT} as a model would be told, and whatever the tool throws.
 *
 * @example
 * const { session } = testSession({ plugins: [plugin] })
 * expect(await callTool(session, 'clock_now', { timeZone: 'UTC' })).toMatch(/ in UTC /)
 */
export async function callTool(
  at: ChatSession | InteractionContext,
  name: string,
  input: object = {},
  options: CallToolOptions = {},
): Promise<unknown> {
  checkOptions('callTool()', { at, ...options }, callOptions, undefined, 'at')
  if ('prompt' in at) {
    using turn = at.interact()
    return await callTool(turn, name, input, options)
  }
  const { onEvent = () => {}, signal } = options
  const { unresolved } = at.tools
  const published = at.tools.published()
  const tool = published.find((each) => each.name === name)?.tool
  if (tool === undefined) {
    const names = published.map((each) => each.name).join(', ')
    const inForce = names === '' ? 'No tool is.' : `In force are: ${names}.`
    throw new RetinueError('RETINUE_TOOL_UNKNOWN', `No tool '${name}' is in force here.`, {
      hint: [inForce, ...unresolved.map(({ reason }) => reason)].join(' '),
    })
  }
  const problems = compileSchema(tool.input).errors(input)
  if (problems.length > 0) {
    const told = problems.map(({ path, message }) => (path === '' ? message : `${message} at ${path}`))
    throw new RetinueError('RETINUE_TOOL_INPUT', `The input does not fit '${name}': ${told.join('; ')}.`, {
      details: { input, problems },
    })
  }
  const { session, config, context, sections } = at
  const secrets = openSecrets()
  try {
    return await tool.execute(input as never, {
      session,
      interaction: at,
      user: session.user,
      home: homeOf(at, name),
      config,
      context,
      sections,
      signal: signal ?? at.signal,
      toolCallId: 'call-1-1',
      emit: onEvent,
      secret: (item, field) => secrets.read(item, field),
    })
  } finally {
    secrets.close()
  }
}
