// An office: a lead with a team and an assistant, each on a model of its own that plays a script.
import { AgentConfig, type ChatSession } from '@retinue/kernel'
import { run, type RunEvent, type RunOptions } from '@retinue/agent'
import { scriptedModel, type ScriptedCall, testSession } from '@retinue/testing'
import '../src/index.ts'
import { introduce, plugin } from '../src/index.ts'

type Steps = Parameters<typeof scriptedModel>[0]

/** Makes a lead that may ask a geographer (an assistant) and a writer (a member of its team). */
export function makeOffice(
  scripts: { readonly geographer?: Steps; readonly writer?: Steps } = {},
  list = ['assist', 'team', 'clone'],
) {
  const made = testSession({ plugins: [plugin], list })
  const { registry, agent } = made
  const models = {
    geographer: scriptedModel(scripts.geographer ?? []),
    writer: scriptedModel(scripts.writer ?? []),
  }
  const geographer = new AgentConfig({
    name: 'geographer',
    model: models.geographer,
    instructions: 'Know places.',
    registry,
  })
  const writer = new AgentConfig({ name: 'writer', model: models.writer, registry })
  introduce(
    agent,
    { agent: geographer, description: 'Knows places.' },
    { agent: writer, role: 'member', description: 'Writes well.' },
  )
  return { ...made, geographer, writer, models }
}

/** Runs one turn in which the model makes these calls, a step each; gives what they were answered. */
export async function turn(
  session: ChatSession,
  steps: readonly (readonly ScriptedCall[])[],
  options: RunOptions = {},
) {
  const model = scriptedModel([...steps.map((calls) => ({ calls })), 'Done.'])
  const answers: unknown[] = []
  const events: RunEvent[] = []
  for await (const event of run(session, 'Go.', { model, ...options })) {
    events.push(event)
    if (event.type === 'tool-result') answers.push(event.output.value)
  }
  return { answers, events, model }
}

export const assist = (task: string, more: object = {}): ScriptedCall => ({
  tool: 'assist',
  input: { agent: 'geographer', task, ...more },
})
export const team = (task: string, more: object = {}): ScriptedCall => ({
  tool: 'team',
  input: { member: 'writer', task, ...more },
})
export const clone = (task: string): ScriptedCall => ({ tool: 'clone', input: { task } })
