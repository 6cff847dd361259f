// A server of somebody else's as tools. Its tools are approved as they are defined, and it changes one in the middle of a
// turn: every session sees that at once, and the approval is gone.
import { approve, connectServer } from '@retinue/plugin-mcp'
import { resume, run, type Run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import { type ScriptedAnswer, scriptedModel } from '@retinue/testing'

await using weather = await connectServer('weather', { command: process.execPath, args: ['server.ts'] })
const tool = (name: string) => weather.tools.find((each) => each.tool === name)!

const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'guide', tools: [weather.toolset] })
approve(agent, tool('check_version')) // the application's own yes; the others are the user's to give
const session = new ChatSession({ user, agent })
const other = new ChatSession({ user: new ChatUser({ id: 'bob' }), agent })
other.on('toolsetAdded', ({ type }) => console.log(`[in bob's session, too: ${type} is here]`))

/** Prints a turn; gives the calls that wait for a yes. */
async function show(running: Run) {
  for await (const event of running) {
    if (event.type === 'tool-call') console.log(`${event.toolName} ${JSON.stringify(event.input)}`)
    if (event.type === 'tool-result') console.log(`→ ${event.output.value as string}`)
    if (event.type === 'approval-request') console.log(`may ${event.toolName} be called?`)
    if (event.type === 'warning') console.log(`! ${event.message}`)
    if (event.type === 'text-delta') process.stdout.write(event.delta)
  }
  console.log()
  return (await running.result).approvals
}

const call = (name: string, input = {}): ScriptedAnswer => ({
  calls: [{ tool: `mcp_weather_${name}`, input, id: name }],
})
const forecast = call('forecast', { city: 'Lima' })
const model = (...script: ScriptedAnswer[]) => ({ model: scriptedModel(script) })

console.log('# The weather in Lima?')
const [first] = await show(run(session, 'The weather in Lima?', model(forecast)))
console.log('# Yes, always')
approve(user, tool('forecast'))
await show(resume(session, { [first!.toolCallId]: true }, model({ text: 'Fair.\n' })))

console.log('# And now?')
await show(run(session, 'And now?', model(forecast, { text: 'Fair.\n' })))

console.log('# Are you up to date? And now?')
const [second] = await show(
  run(session, 'Are you up to date? And now?', model(call('check_version'), forecast)),
)
console.log(`what it says now: ${tool('forecast').description}`)
console.log('# No')
const no = { approved: false, reason: 'not my notes' }
await show(resume(session, { [second!.toolCallId]: no }, model({ text: 'I leave it.\n' })))

console.log(session.explain('toolset.mcp_weather_warnings').text)
