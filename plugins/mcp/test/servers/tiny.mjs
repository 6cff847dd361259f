// A server by hand, with the manners of bad ones: it talks on its standard output, and does as its argument says.
import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const manner = process.argv[2]
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

console.log('Tiny server 1.0, listening…')
if (manner === 'broken') {
  console.error('loading…\n'.repeat(300))
  console.error(`No licence for ${process.env.LICENCE}.`)
  process.exit(1)
}
if (manner === 'stubborn') {
  process.on('SIGTERM', () => {})
  setInterval(() => {}, 1000)
}
// A process whose parent, a shell, is gone at once.
const helper =
  manner === 'helped' &&
  execFileSync('sh', ['-c', 'sleep 600 > /dev/null 2>&1 & echo $!'], { encoding: 'utf8' }).trim()
const looseTool = {
  name: 'loose',
  description: null,
  annotations: { title: null, readOnlyHint: true },
  inputSchema: { type: null, anyOf: [{ properties: { a: {} } }], required: null },
  outputSchema: { type: 'array', properties: [] },
}
const odd = { uri: 'tiny://odd', mimeType: null, text: 'odd' }
const unknown = (length) => ({ type: 'json', json: 'x'.repeat(length), _meta: null })
let grown = false
const taskTool = (name, taskSupport) => ({
  name,
  inputSchema: { type: 'object' },
  execution: { taskSupport },
})
const answers = {
  initialize: () => ({
    protocolVersion: '2025-06-18',
    capabilities: {
      tools: { listChanged: manner !== 'shy' },
      ...(manner === 'odd' && { resources: {}, prompts: {} }),
    },
    serverInfo: { name: 'tiny', version: '1' },
    ...(manner === 'loose' && { instructions: null }),
  }),
  'tools/list': () => ({
    ...(manner === 'loose' && { nextCursor: null }),
    tools: [
      ...['hang', 'pid', 'flood', 'die'].map((name) => ({ name, inputSchema: { type: 'object' } })),
      ...(grown ? [{ name: 'grown', inputSchema: { type: 'object' } }] : []),
      ...(manner === 'loose' ? [looseTool] : []),
      ...(manner === 'odd' ? [{ name: 'odd', description: 5, inputSchema: { type: 'object' } }] : []),
      ...(manner === 'odd'
        ? [{ name: 'deep', inputSchema: { type: 'object', properties: nested(10_000) } }]
        : []),
      ...(manner === 'tasks' ? [taskTool('long', 'required'), taskTool('some', 'optional')] : []),
    ],
  }),
  'resources/list': () => ({ resources: [{ uri: 'tiny://one', name: 'one' }, { name: 'odd' }] }),
  'resources/templates/list': () => ({
    resourceTemplates: [
      { uriTemplate: 'tiny://{any}', name: 'any' },
      { uriTemplate: 5, name: 'odd' },
    ],
  }),
  'prompts/list': () => ({ prompts: [{ name: 'one' }, { name: 'odd', arguments: 'none' }] }),
  'tools/call': ({ name }) => {
    if (name === 'die') process.exit(1)
    if (name === 'hang') return undefined
    if (name === 'loose') return { content: [unknown(1), unknown(20_000)], structuredContent: [1, 'two'] }
    if (manner === 'loose')
      return {
        content: [{ type: 'resource', resource: odd, annotations: null }],
        structuredContent: null,
        isError: null,
      }
    if (manner === 'shy') {
      grown = true
      send({ method: 'notifications/tools/list_changed' })
    }
    if (manner === 'odd') return { content: 'a text' }
    if (name === 'pid' && helper) return { content: [{ type: 'text', text: helper }] }
    return {
      content: [{ type: 'text', text: name === 'flood' ? 'x'.repeat(1_200_000) : String(process.pid) }],
    }
  },
}
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line)
  if (manner === 'restless' && method === 'notifications/initialized')
    setInterval(() => send({ method: 'notifications/tools/list_changed' }), 70)
  if (id === undefined || manner === 'silent') continue
  const answer = answers[method]
  const result = answer?.(params)
  if (manner === 'restless') await delay(150) // so that its tools have changed again by then
  if (result !== undefined) send({ id, result })
  else if (answer === undefined) send({ id, error: { code: -32601, message: `There is no ${method}.` } })
}

function nested(levels) {
  return JSON.parse(`${'{"properties":'.repeat(levels)}{}${'}'.repeat(levels)}`)
}
