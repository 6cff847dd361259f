// A visitor without a browser, who does as the page does: asks, orders, is asked, comes back after a while, and says yes.
import type { RunEvent } from '@retinue/agent'
import type { Hono } from 'hono'

/** Visits a chat, and prints what it is told. */
export async function visit(app: Hono): Promise<void> {
  const { id } = (await (await send('POST', '/sessions')).json()) as { id: string }
  console.log('# A turn is a stream of events')
  await turn({ text: 'What does a pen cost?' })

  console.log('\n# A turn asks for a yes')
  await turn({ text: 'Order a book, please.' })

  console.log('\n# The page is opened again')
  const { messages, approvals } = (await (await send('GET', `/sessions/${id}`)).json()) as Visit
  console.log(`${messages.length} messages`)
  for (const { toolName, input } of approvals)
    console.log(`${toolName} ${JSON.stringify(input)} waits for an answer`)

  console.log('\n# And the answer is given')
  await turn({ answers: Object.fromEntries(approvals.map(({ toolCallId }) => [toolCallId, true])) })

  console.log('\n# What can go wrong is told')
  for (const [path, body] of [
    [id, { text: 5 }],
    ['made-up', { text: 'Hello?' }],
  ] as const) {
    const refused = await send('POST', `/sessions/${path}/turns`, body)
    console.log(refused.status, ((await refused.json()) as { message: string }).message)
  }

  async function turn(body: object): Promise<void> {
    const { body: stream } = await send('POST', `/sessions/${id}/turns`, body)
    let text = ''
    for await (const chunk of stream!.pipeThrough(new TextDecoderStream())) text += chunk
    for (const line of text.trim().split('\n')) show(JSON.parse(line) as RunEvent)
  }

  /** Sends a request to the server, without a network between. */
  async function send(method: string, path: string, body?: object): Promise<Response> {
    return app.request(path, { method, ...(body && { body: JSON.stringify(body) }) })
  }
}

interface Visit {
  readonly messages: readonly object[]
  readonly approvals: readonly { toolCallId: string; toolName: string; input: unknown }[]
}

function show(event: RunEvent): void {
  if (event.type === 'tool-call') console.log(`calls ${event.toolName} ${JSON.stringify(event.input)}`)
  else if (event.type === 'tool-result') console.log(`result: ${event.output.value as string}`)
  else if (event.type === 'finish') console.log(`ends with ${event.finishReason}`)
  else if (event.type === 'text-delta') process.stdout.write(event.delta)
  else if (event.type === 'text-end') console.log()
}
