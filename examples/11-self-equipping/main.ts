// An agent that has nothing but a toolbelt equips itself in the middle of a turn, works, and puts the tools back.
import '@retinue/plugin-math'
import '@retinue/plugin-planning'
import '@retinue/plugin-toolbelt'
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser, estimateTokens } from '@retinue/kernel'
import { type ScriptedAnswer, scriptedModel, type ScriptedRequest } from '@retinue/testing'

const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'guide', instructions: 'You help.', tools: ['toolbelt'] })
agent.config.toolbelt.allow = ['math', 'planning'] // nobody but the application sets this
const session = new ChatSession({ user, agent, id: 'house' })

/** Runs a turn with a model that says what is written for it, and tells what it can do in each step. */
async function turn(on: ChatSession, input: string, ...script: ScriptedAnswer[]): Promise<void> {
  console.log(`# ${input}`)
  const steps = script.map((answer) => (request: ScriptedRequest) => {
    const others = (request.tools ?? []).filter(({ name }) => !name.startsWith('toolbelt_'))
    const tokens = estimateTokens(JSON.stringify(request.prompt[0]))
    console.log(
      `[beside the toolbelt: ${others.map(({ name }) => name).join(', ') || 'nothing'}; ${tokens} tokens]`,
    )
    return answer
  })
  for await (const event of run(on, input, { model: scriptedModel(steps) })) {
    if (event.type === 'tool-call') console.log(`${event.toolName} ${JSON.stringify(event.input)}`)
    if (event.type === 'tool-result' && event.output.type === 'text') console.log(`→ ${event.output.value}`)
    if (event.type === 'text-delta') process.stdout.write(event.delta)
  }
  console.log('\n')
}

const call = (tool: string, input: object): ScriptedAnswer => ({ calls: [{ tool, input }] })

await turn(
  session,
  'What do I pay a month for 250,000 over 30 years at 4 %?',
  call('toolbelt_equip', { toolsets: ['math'] }),
  call('math', { expression: 'round(250000 * (0.04/12) / (1 - (1 + 0.04/12)^-360), 2)' }),
  { text: 'You pay 1193.54 a month.' },
)
await turn(
  session,
  'Help me to buy the house.',
  call('toolbelt_equip', { toolsets: ['planning'], for: 'session' }),
  call('planning_add', { outline: 'Buy the house\n  See the bank\n  See the notary' }),
  { text: 'We go to the bank first.' },
)

console.log('# After a restart')
const { session: again } = ChatSession.restore(JSON.stringify(session), { user, agent })
console.log(again.explain('context.plan').text.split('\n', 2).join('\n'))
const rest = call('toolbelt_drop', { toolsets: ['planning'] })
await turn(again, 'I rent instead.', rest, { text: 'Then the plan rests.' })
console.log(`kept for when it is equipped again: ${again.context.$parked().join(', ')}`)
