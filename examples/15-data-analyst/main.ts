// A data analyst and four years of Seattle's weather: what it finds out about the file is in its prompt from then on.
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import '@retinue/plugin-data'
import { type ScriptedAnswer, scriptedModel, type ScriptedRequest, type ScriptedStep } from '@retinue/testing'

const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'analyst', instructions: 'You answer from data.', tools: ['data'] })
agent.config.workspace.root = import.meta.dirname // what lies beside this program, and nothing else
let session = new ChatSession({ user, agent })

const path = 'seattle-weather.csv'
const call = (tool: string, input: object): ScriptedAnswer => ({ calls: [{ tool, input }] })
const query = (sql: string): ScriptedAnswer => call('data_query', { files: [path], sql })
/** Puts the first row of the last answer into words, so that what the scripted model says comes from the data. */
const say =
  (words: (...row: unknown[]) => string) =>
  ({ prompt }: ScriptedRequest): string => {
    const message = prompt.at(-1)
    const part = message?.role === 'tool' ? message.content[0] : undefined
    const text = part?.type === 'tool-result' && part.output.type === 'text' ? part.output.value : ''
    return words(...(JSON.parse(text.split('\n').filter((line) => line.startsWith('['))[1]!) as unknown[]))
  }

/** Runs a turn with a model that says what is written for it, and shows what it asked and heard. */
async function ask(question: string, ...script: ScriptedStep[]): Promise<void> {
  console.log(`# ${question}`)
  for await (const event of run(session, question, { model: scriptedModel(script) })) {
    if (event.type === 'tool-call') console.log(Object.values(event.input as object).at(-1))
    if (event.type === 'tool-result' && typeof event.output.value === 'string') {
      console.log(event.output.value.replaceAll(/^```\n|\n```$/g, ''))
    }
    if (event.type === 'finish') console.log(`→ ${event.text}\n`)
  }
}

await ask('What do you have?', call('data_look', { path }), 'Four years of daily weather in Seattle.')
await ask(
  'Which month is the wettest?',
  query(
    `SELECT strftime('%m', date) AS month, round(sum(precipitation) / 4, 1) AS mm FROM seattle_weather GROUP BY month ORDER BY mm DESC LIMIT 2`,
  ),
  say((month, mm) => `Month ${String(month)}, with ${String(mm)} mm a year.`),
)
await ask('Set the rain to 0.', query('UPDATE seattle_weather SET precipitation = 0'), 'I can only read.')

console.log('# After a restart, and with what was said forgotten')
session.messages.clear()
session = ChatSession.restore(JSON.stringify(session), { user, agent }).session
console.log(`${/^Looked into[^]*/m.exec(session.prompt().text)?.[0]}\n`)
await ask(
  'How warm is a usual day with snow?', // asked at once: the columns are known
  query("SELECT median(temp_max), count(*) FROM seattle_weather WHERE weather = 'snow'"),
  say((degrees, days) => `${String(degrees)} °C at its warmest, on ${String(days)} days.`),
)
console.log(session.explain('context.data_files').text.split('\n', 2).join('\n'))
agent.tools.remove('data')
console.log(`without the tool: ${session.prompt().text}`)
