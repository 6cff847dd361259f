import { ChatSession, defineTool, type Message, Type } from '@retinue/kernel'
import { blockParts, finishPart, scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { type ApprovalRequest, pendingApprovals, resume, run, type RunOptions } from '../src/index.ts'
import { aSession, eventsOf, historyOf, typesOf } from './a-session.ts'

const call = (id: string) => ({
  type: 'tool-call',
  toolCallId: id,
  toolName: 'mcp.send',
  input: '{"to":"ada"}',
  providerExecuted: true,
})
const question = (id: string) => ({ type: 'tool-approval-request', approvalId: `q-${id}`, toolCallId: id })
const asking =
  (...ids: string[]) =>
  () => [
    ...blockParts('text', 'May I?'),
    ...ids.flatMap((id) => [call(id), question(id)]),
    finishPart('stop'),
  ]
const answered = (id: string, answer: object) => ({
  type: 'tool-approval-response',
  approvalId: `q-${id}`,
  ...answer,
})

/** Runs a turn, and gives what the model is told then. */
async function told(options: RunOptions, ...ids: string[]) {
  const session = aSession()
  const model = scriptedModel([asking(...ids), 'Done.'])
  const { text } = await run(session, 'Send it', { model, ...options }).result
  expect(text).toBe('Done.')
  const { prompt } = model.requests[1]!
  return { session, prompt, message: prompt.at(-1) }
}

describe('a call that a provider runs only after a yes', () => {
  test('is asked about, and goes on with the answers, which stand behind the call (SPEC 53, 59)', async () => {
    const asked: ApprovalRequest[] = []
    const approve = (request: ApprovalRequest) => {
      asked.push(request)
      return request.toolCallId === 'a' || { approved: false, reason: 'not to her' }
    }
    const { session, prompt, message } = await told({ approve }, 'a', 'b')
    const path = [{ agent: 'tester', sessionId: session.id }]
    expect(asked[0]).toEqual({ toolCallId: 'a', toolName: 'mcp.send', input: { to: 'ada' }, path })
    expect(message).toEqual({
      role: 'tool',
      content: [answered('a', { approved: true }), answered('b', { approved: false, reason: 'not to her' })],
    })
    // The questions themselves are none of what a prompt holds.
    expect((prompt.at(-2)!.content as { type: string }[]).map(({ type }) => type)).toEqual([
      'text',
      'tool-call',
      'tool-call',
    ])
    const { session: again } = ChatSession.restore(JSON.stringify(session), session)
    const later = scriptedModel(['Yes.'])
    await run(again, 'And?', { model: later }).result
    expect(later.requests[0]!.prompt.slice(0, 3)).toEqual(prompt)
  })

  test.each([
    ['allow', { approved: true }],
    ['deny', { approved: false, reason: 'This call is not allowed.' }],
  ] as const)('is decided by a policy, which knows no tool of it: %s (SPEC 59)', async (verdict, answer) => {
    const approvalPolicy: RunOptions['approvalPolicy'] = ({ tool, wanted }) =>
      tool === undefined && wanted ? verdict : undefined
    expect((await told({ approvalPolicy }, 'a')).message).toEqual({
      role: 'tool',
      content: [answered('a', answer)],
    })
  })

  test('keeps a no that a person gave, whatever a policy allows (SPEC 59)', async () => {
    const session = aSession()
    const model = scriptedModel([asking('a'), 'Done.'])
    await run(session, 'Send it', { model }).result
    await resume(session, { a: false }, { model, approvalPolicy: () => 'allow' }).result
    expect(model.requests[1]!.prompt.at(-1)!.content).toEqual([answered('a', { approved: false })])
  })

  test('is answered also where an observer has changed what it was asked with (SPEC 22, 59)', async () => {
    const session = aSession()
    session.messages.on('added', ({ index, value }) => {
      const told = JSON.stringify(value)
      const clean = told.replaceAll('ada', '…')
      if (clean !== told) session.messages.set(index, JSON.parse(clean) as Message)
    })
    const model = scriptedModel([asking('a'), 'Done.'])
    await run(session, 'Send it', { model, approve: () => true }).result
    expect(model.requests[1]!.prompt.at(-1)!.content).toEqual([answered('a', { approved: true })])
  })

  test('is answered by nothing that every object has (SPEC 59)', async () => {
    const session = aSession()
    await run(session, 'Send it', { model: scriptedModel([asking('constructor')]) }).result
    const { approvals } = await resume(session, {}, { model: scriptedModel([]) }).result
    expect(approvals.map(({ toolCallId }) => toolCallId)).toEqual(['constructor'])
  })

  test('stops the run where nobody is there to ask, and goes on after a restart (SPEC 48, 59)', async () => {
    const session = aSession()
    const stopped = await run(session, 'Send it', { model: scriptedModel([asking('a')]) }).result
    expect(stopped).toMatchObject({ finishReason: 'approval', approvals: [{ toolCallId: 'a' }] })
    const { session: again } = ChatSession.restore(JSON.stringify(session), session)
    await expect(resume(again, { b: true }, { model: scriptedModel([]) }).result).rejects.toThrow(
      'a (mcp.send)',
    )
    const still = await resume(again, {}, { model: scriptedModel([]) }).result
    expect(still.approvals).toEqual(stopped.approvals)
    expect(pendingApprovals(again)).toEqual(stopped.approvals)
    const model = scriptedModel(['Done.'])
    await resume(again, { a: true }, { model }).result
    expect(model.requests[0]!.prompt.at(-1)!.content).toEqual([answered('a', { approved: true })])
  })

  test('is refused where the user goes on without an answer (SPEC 58, 59)', async () => {
    const session = aSession()
    await run(session, 'Send it', { model: scriptedModel([asking('a')]) }).result
    const model = scriptedModel(['Fine.'])
    await run(session, 'Never mind', { model }).result
    const roles = model.requests[0]!.prompt.map(({ role }) => role)
    expect(roles).toEqual(['user', 'assistant', 'tool', 'user'])
    expect(model.requests[0]!.prompt[2]!.content).toMatchObject([answered('a', { approved: false })])
  })

  test('waits beside calls of tools that run here, and goes to its own provider alone (SPEC 53, 56)', async () => {
    const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => 'seen' })
    const session = aSession({ look })
    const own = { type: 'tool-call', toolCallId: 'c', toolName: 'kit_look', input: '{}' }
    const model = scriptedModel([() => [call('a'), question('a'), own, finishPart('tool-calls')], 'Done.'])
    const running = run(session, 'Go', { model, approve: 'wait' })
    const types: string[] = []
    for await (const event of running) {
      types.push(event.type)
      if (event.type === 'approval-request') running.approve(event.toolCallId, true)
    }
    expect(types).toContain('approval-request')
    expect(
      model.requests[1]!.prompt.slice(2).map(({ content }) => (content as { type: string }[])[0]!.type),
    ).toEqual(['tool-approval-response', 'tool-result'])
    const other = Object.assign(scriptedModel(['Elsewhere.']), { provider: 'other' })
    await run(session, 'And there?', { model: other }).result
    expect(JSON.stringify(other.requests)).not.toContain('approval')
  })

  test('waits beside a call that runs here only after a yes, too (SPEC 53, 59)', async () => {
    const pay = defineTool({
      description: 'Pays.',
      input: Type.Object({}),
      approval: true,
      execute: () => 'paid',
    })
    const session = aSession({ pay })
    const own = { type: 'tool-call', toolCallId: 'c', toolName: 'kit_pay', input: '{}' }
    const model = scriptedModel([() => [call('a'), question('a'), own, finishPart('tool-calls')], 'Done.'])
    const { approvals } = await run(session, 'Go', { model }).result
    expect(approvals.map(({ toolCallId }) => toolCallId)).toEqual(['c', 'a'])
    expect((await resume(session, { a: true, c: true }, { model }).result).text).toBe('Done.')
  })

  test('says who asks where its run is within another, also when that is over (SPEC 48, 59)', async () => {
    const ask = defineTool({
      description: 'Asks a colleague.',
      input: Type.Object({}),
      execute: async (_, call) => (await run(colleague, 'Do it', { parent: call }).result).finishReason,
    })
    const outer = aSession({ ask })
    const colleague = new ChatSession({ user: outer.user, agent: outer.agent!, parent: outer })
    const asks = { calls: [{ tool: 'kit_ask', id: 'c' }] }
    await run(outer, 'Go', { model: scriptedModel([asks, asking('a'), 'Later.']) }).result
    expect(historyOf(outer)[2]).toBe('tool: = approval')
    expect(pendingApprovals(colleague).map(({ path }) => path)).toEqual([
      [
        { agent: 'tester', sessionId: outer.id },
        { agent: 'tester', sessionId: colleague.id, toolCallId: 'c', toolName: 'kit_ask' },
      ],
    ])
    const model = scriptedModel(['Sent.'])
    await resume(colleague, { a: true }, { model }).result
    expect(model.requests[0]!.prompt.at(-1)!.content).toEqual([answered('a', { approved: true })])
  })

  test('is none where a history holds half of a question (SPEC 51, 58)', async () => {
    const session = aSession()
    await run(session, 'Send it', { model: scriptedModel([asking('a')]) }).result
    const saved = JSON.stringify(session).replace('"approvalId":"q-a",', '')
    const { session: again } = ChatSession.restore(saved, session)
    const model = scriptedModel(['Fine.'])
    await resume(again, {}, { model }).result
    expect(model.requests[0]!.prompt.map(({ role }) => role)).toEqual(['user', 'assistant'])
    expect(JSON.stringify(model.requests)).not.toContain('approval')
  })

  test('is open no longer once the run is aborted while it is asked (SPEC 58)', async () => {
    const session = aSession()
    const running = run(session, 'Send it', {
      model: scriptedModel([asking('a')]),
      approve: () => {
        running.abort()
        return new Promise(() => {})
      },
    })
    expect(typesOf(await eventsOf(running)).at(-1)).toBe('finish')
    const model = scriptedModel(['Fine.'])
    await run(session, 'And now?', { model }).result
    expect(model.requests[0]!.prompt[2]!.content).toMatchObject([answered('a', { approved: false })])
    expect(historyOf(session).at(-1)).toBe('assistant: Fine.')
  })
})

test('a question about a call that the history holds no more is none, and no provider is sent it (SPEC 53, 59)', async () => {
  const session = aSession()
  const model = scriptedModel([asking('a'), 'Fine.'])
  await run(session, 'Send it', { model }).result
  const answer = session.messages.at(1)!
  const parts = answer.parts.filter((part) => part.type !== 'provider' || part.content.type !== 'tool-call')
  session.messages.set(1, { ...answer, parts } as never)
  expect(pendingApprovals(session)).toEqual([])
  await run(session, 'And now?', { model }).result
  expect(JSON.stringify(model.requests[1]!.prompt)).not.toContain('approval')
})

test('a file that a model made while it reasoned goes back to its provider as it came (SPEC 53)', async () => {
  const session = aSession()
  const signed = { test: { thoughtSignature: 's' } }
  const file = { type: 'reasoning-file', mediaType: 'image/png', providerMetadata: signed }
  const model = scriptedModel([
    () => [
      { ...file, data: { type: 'data', data: new Uint8Array([104, 105]) } },
      { ...file, data: { type: 'url', url: new URL('https://example.org/dot.png') } },
      ...blockParts('text', 'A dot.'),
      finishPart('stop'),
    ],
    'Yes.',
  ])
  await run(session, 'Think', { model }).result
  const { session: again } = ChatSession.restore(JSON.stringify(session), session)
  await run(again, 'Sure?', { model }).result
  const sent = { type: 'reasoning-file', mediaType: 'image/png', providerOptions: signed }
  expect(model.requests[1]!.prompt[1]!.content).toEqual([
    { ...sent, data: { type: 'data', data: 'aGk=' } },
    { ...sent, data: { type: 'url', url: new URL('https://example.org/dot.png') } },
    { type: 'text', text: 'A dot.' },
  ])
})
