// A task that another agent works on: a run within the tool's call, so that it spends the same budget, ends when the
// call does, and shows its events within those of the outer run. What comes of it is kept as a context.
import { run, type RunResult } from '@retinue/agent'
import { type AgentConfig, ChatSession, type RunContext, SessionManager } from '@retinue/kernel'
import { DelegateConfig, Delegations } from './delegation.ts'
import { failure } from './errors.ts'

/** Puts a task to another agent, in a session of its own that is closed when the task is done. */
export async function ask(call: RunContext, agent: AgentConfig, task: string): Promise<string> {
  using session = openSession(call, agent, undefined)
  return report(call, agent.name, task, await work(call, session, task))
}

/** Puts a task to another agent, in a session that goes on where it stopped; its tasks wait for one another. */
export async function askOn(call: RunContext, agent: AgentConfig, task: string): Promise<string> {
  return inTurn(call.session, agent.name, async () => {
    const kept = call.home.context.$get(Delegations)
    const talk = Object.hasOwn(kept.talks, agent.name) ? kept.talks[agent.name] : undefined
    using session = openSession(call, agent, talk)
    const keep = (): void => {
      kept.talks = { ...kept.talks, [agent.name]: session.snapshot({ frozen: true }) }
    }
    const result = await work(call, session, task).catch((error: unknown) => {
      // What fails may fail again with the same talk; who was stopped is told to go on.
      if (call.signal.aborted) keep()
      throw error
    })
    keep()
    return report(call, agent.name, task, result)
  })
}

/** Puts a task to a copy of the agent itself, in an interaction that sees what this one sees, with a conversation of its own. */
export async function askItself(call: RunContext, task: string): Promise<string> {
  using copy = call.interaction.child({ input: task })
  copy.tools.exclude('clone') // a clone can't clone
  return report(call, 'clone', task, await work(call, copy, task))
}

function work(
  call: RunContext,
  place: ChatSession | RunContext['interaction'],
  task: string,
): Promise<RunResult> {
  const { maxSteps, maxTokens } = call.config.$get(DelegateConfig)
  const budget = maxTokens === undefined ? {} : { tokens: maxTokens }
  return run(place, task, { parent: call, maxSteps, budget }).result
}

/** A session of the other agent with the same user, in which all is excluded that is excluded here. */
function openSession(call: RunContext, agent: AgentConfig, talk: unknown): ChatSession {
  const { maxDepth } = call.config.$get(DelegateConfig)
  const { user, session: parent } = call
  const depth = (depths.get(parent) ?? 0) + 1
  if (depth > maxDepth) {
    const what = `Agents may ask agents ${maxDepth} deep, and no deeper.`
    throw failure('RETINUE_DELEGATE_DEPTH', what, 'Do it yourself.')
  }
  const manager = new SessionManager() // its own: the application's knows the sessions that the application opened
  const session =
    talk === undefined
      ? new ChatSession({ user, agent, parent, manager })
      : ChatSession.restore(talk as object, { user, agent, manager }).session
  depths.set(session, depth)
  for (const name of session.tools.excluded) session.tools.include(name)
  for (const name of excludedFrom(call)) session.tools.exclude(name)
  return session
}

/** How deep the sessions of other agents are within others. */
const depths = new WeakMap<ChatSession, number>()

/** The toolsets that the session, or an interaction within it, excludes. */
function excludedFrom({ session, interaction }: RunContext): Set<string> {
  const names = new Set(session.tools.excluded)
  for (let at: typeof interaction | undefined = interaction; at !== undefined; at = at.parent) {
    for (const name of at.tools.excluded) names.add(name)
  }
  return names
}

/** Keeps what came of a task, and says it to the model that asked. */
function report(call: RunContext, by: string, task: string, result: RunResult): string {
  const { text, finishReason, steps, usage } = result
  const { maxResults } = call.config.$get(DelegateConfig)
  const kept = call.home.context.$get(Delegations)
  const tokens = usage.inputTokens + usage.outputTokens
  kept.results = [...kept.results, { by, task, text, finishReason, steps, tokens }].slice(-maxResults)
  const said = text.trim() === '' ? `'${by}' said nothing.` : text
  if (finishReason === 'stop') return said
  return `${said}\n\n('${by}' did not come to its end: ${reasons[finishReason] ?? finishReason}.)`
}

const reasons: Readonly<Record<string, string>> = {
  approval: 'it wanted to do what needs a yes, and nobody can be asked here',
  budget: 'the budget is used up',
  length: 'its answer was too long',
  'max-steps': 'it reached the limit of its steps',
}

/** Works on one thing after the other: two tasks of one talk would each go on from the same place. */
async function inTurn<T>(session: ChatSession, name: string, task: () => Promise<T>): Promise<T> {
  const lines = waiting.get(session) ?? new Map<string, Promise<unknown>>()
  waiting.set(session, lines)
  const turn = (lines.get(name) ?? Promise.resolve()).then(task, task)
  lines.set(name, turn)
  try {
    return await turn
  } finally {
    if (lines.get(name) === turn) lines.delete(name)
  }
}

/** The last task of each talk of a session. */
const waiting = new WeakMap<ChatSession, Map<string, Promise<unknown>>>()
