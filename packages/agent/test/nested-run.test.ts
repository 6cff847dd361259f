import {
  AgentConfig,
  ChatSession,
  defineTool,
  type RunContext,
  SessionManager,
  type Tool,
  Type,
} from '@retinue/kernel'
import { type ScriptedModel, scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import {
  type ApprovalRequest,
  dropResults,
  pendingApprovals,
  resume,
  run,
  type RunEvent,
  type RunHooks,
  type RunOptions,
} from '../src/index.ts'
import { aSession, eventsOf, gate, historyOf, registryOf } from './a-session.ts'

const nothing = Type.Object({})
const delegateCall = { calls: [{ tool: 'kit_delegate', id: 'd' }] }

/** A tool that runs an interaction of its own. */
function delegate(options: RunOptions = {}, before: (call: RunContext) => void = () => {}): Tool {
  return defineTool({
    description: 'Delegates.',
    input: nothing,
    async execute(_, call) {
      before(call)
      using child = call.interaction.child()
      child.tools.exclude('extra')
      return (await run(child, 'Do it', { parent: call, ...options }).result).text
    },
  })
}

const look = defineTool({ description: 'Looks.', input: nothing, execute: () => 'seen' })

describe('a run of an interaction', () => {
  test('has its tools at home where they are in force: in the session, or in the turn that equipped them (SPEC 40)', async () => {
    const homes: unknown[] = []
    const call = (tool: string) => ({ calls: [{ tool }] })
    const note = defineTool({
      description: 'x',
      input: nothing,
      execute: (_, { home }) => void homes.push(home),
    })
    const session = aSession({ delegate: delegate(), note }, { kept: { note } })
    using turn = session.interact()
    turn.tools.push('kept')
    const model = scriptedModel([delegateCall, call('kit_note'), call('kept_note'), 'Noted.', 'Done.'])
    await run(turn, 'Go', { model }).result
    model.done()
    expect([homes[0] === session, homes[1] === turn]).toEqual([true, true])
  })

  test('has a conversation of its own, the model of the outer run, and tools that can only be fewer (SPEC 39, 59)', async () => {
    const session = aSession({ delegate: delegate(), look }, { extra: { go: look } })
    session.agent!.tools.push('extra')
    const model = scriptedModel([delegateCall, { calls: [{ tool: 'kit_look' }] }, 'found', 'All done.'])
    const before = { ...session.snapshot(), messages: [] }
    const { text } = await run(session, 'Go', { model }).result
    model.done()
    expect(text).toBe('All done.')
    expect(historyOf(session)).toEqual([
      'user: Go',
      'assistant: kit_delegate({})',
      'tool: = found',
      'assistant: All done.',
    ])
    const tools = model.requests.map((request) => request.tools!.map(({ name }) => name))
    expect(tools).toEqual([
      ['kit_delegate', 'kit_look', 'extra_go'],
      ['kit_delegate', 'kit_look'],
      ['kit_delegate', 'kit_look'],
      ['kit_delegate', 'kit_look', 'extra_go'],
    ])
    expect(model.requests[1]!.prompt.map(({ role }) => role)).toEqual(['user'])
    expect({ ...session.snapshot(), messages: [] }).toEqual(before)
  })

  test('tells its events within those of the outer run (SPEC 56)', async () => {
    const session = aSession({ delegate: delegate() })
    const model = scriptedModel([delegateCall, delegateCall, 'deep', 'found', 'Done.'])
    const events = await eventsOf(run(session, 'Go', { model }))
    const told = (event: RunEvent): string =>
      event.type === 'child' ? `${event.toolCallId}: ${told(event.event)}` : event.type
    const finishes = events
      .map(told)
      .filter((line) => line.endsWith('finish') && !line.endsWith('step-finish'))
    expect(finishes).toEqual(['d: d-2: finish', 'd: finish', 'finish'])
    const child = events.filter((event) => event.type === 'child')
    expect(child[0]).toMatchObject({
      runId: expect.stringMatching(/./) as string,
      event: { type: 'run-start' },
    })
    expect(new Set(child.map(({ runId }) => runId))).toEqual(
      new Set(child.flatMap(({ event }) => (event.type === 'run-start' ? [event.runId] : []))),
    )
  })

  test('goes on with what it said before, as long as the interaction lives (SPEC 55)', async () => {
    const session = aSession()
    const model = scriptedModel(['One.', 'Two.'])
    using turn = session.interact()
    await run(turn, 'First', { model }).result
    await run(turn, 'Second', { model }).result
    expect(model.requests[1]!.prompt).toHaveLength(3)
    expect(session.messages.items).toEqual([])
  })

  test('stops for an approval where no tool waits for it, and goes on with the answer (SPEC 59)', async () => {
    const pay = defineTool({ description: 'Pays.', input: nothing, approval: true, execute: () => 'paid' })
    const model = scriptedModel([{ calls: [{ tool: 'kit_pay', id: 'c' }] }, 'Paid.'])
    using turn = aSession({ pay }).interact()
    expect(await run(turn, 'Pay', { model }).result).toMatchObject({ finishReason: 'approval' })
    expect(pendingApprovals(turn)).toMatchObject([{ toolCallId: 'c' }])
    expect((await resume(turn, { c: true }, { model }).result).text).toBe('Paid.')
  })

  test('spends the budget of the outer run (SPEC 59)', async () => {
    const session = aSession({ delegate: delegate() })
    const model = scriptedModel([delegateCall, delegateCall])
    const result = await run(session, 'Go', { model, budget: { steps: 2 } }).result
    expect(result.finishReason).toBe('budget')
    model.done()
  })

  test('is compacted as the outer run is (SPEC 59)', async () => {
    const page = defineTool({ description: 'x', input: nothing, execute: () => 'word '.repeat(500) })
    const session = aSession({ delegate: delegate(), page })
    const read = { calls: [{ tool: 'kit_page' }], usage: [0, 1] } as const
    const model = scriptedModel([delegateCall, read, read, read, 'in', 'out'])
    const options = { model, maxContextTokens: 1500, compact: dropResults({ keep: 1 }) }
    const events = await eventsOf(run(session, 'Go', options))
    const inner = events.flatMap((event) => (event.type === 'child' ? [event.event.type] : []))
    expect(inner).toContain('compaction')
  })

  test('ends with the outer run, and with the time limit of its tool (SPEC 57, 58)', async () => {
    const reached = gate()
    const hang = () => {
      reached.open()
      return new Promise<never>(() => {})
    }
    const session = aSession({ delegate: delegate() })
    const running = run(session, 'Go', { model: scriptedModel([delegateCall, hang]) })
    await reached.opened
    running.abort()
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(historyOf(session)[2]).toContain('The run was aborted before this tool answered.')

    const slow = aSession({ delegate: delegate() })
    const model = scriptedModel([delegateCall, () => new Promise<never>(() => {}), 'Done.'])
    await run(slow, 'Go', { model, toolTimeoutMs: 20 }).result
    expect(historyOf(slow)[2]).toContain('The tool did not answer within 20 ms')
  })

  test('is what a tool is told to begin that waits for itself (SPEC 57, 60)', async () => {
    const itself = defineTool({
      description: 'Runs the session that it is called in.',
      input: nothing,
      timeoutMs: 20,
      execute: (_, { session, signal }) => run(session, 'Do it', { signal: signal as AbortSignal }).result,
    })
    const session = aSession({ itself })
    const model = scriptedModel([{ calls: [{ tool: 'kit_itself' }] }, 'Done.'])
    await run(session, 'Go', { model }).result
    expect(historyOf(session)[2]).toContain(
      'Meanwhile another run began to wait for the session. A tool that runs the session of its own run waits for itself',
    )
    expect(session.messages.length).toBe(4)
  })

  test('ends with the outer run also where nobody waits for it, and is not heard there any more (SPEC 56, 59)', async () => {
    let inner: Promise<unknown> | undefined
    const start = defineTool({
      description: 'Starts a run and leaves it.',
      input: nothing,
      execute: (_, call) => {
        const own = new ChatSession({ user: call.user, agent: call.session.agent })
        const model = scriptedModel([() => new Promise<never>(() => {})])
        inner = run(own, 'Do it', { parent: call, model }).result.catch((error: unknown) => error)
      },
    })
    const heard: string[] = []
    const hooks: RunHooks = { onEvent: ({ type }, { parent }) => void (parent ?? heard.push(type)) }
    const model = scriptedModel([{ calls: [{ tool: 'kit_start' }] }, 'Done.'])
    await run(aSession({ start }), 'Go', { model, hooks }).result
    expect(await inner).toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(heard).toContain('child')
    expect(heard.at(-1)).toBe('finish')
  })

  test('is refused where it would wait for itself (SPEC 60)', async () => {
    const own = defineTool({
      description: 'x',
      input: nothing,
      execute: (_, call) => run(call.session, 'Again', { parent: call }).result,
    })
    const session = aSession({ delegate: own })
    await run(session, 'Go', { model: scriptedModel([delegateCall, 'Done.']) }).result
    expect(historyOf(session)[2]).toContain('✗ The tool failed: [RETINUE_RUN_BUSY]')
  })

  test('has the hooks, the policy and the answers of the outer run (SPEC 59)', async () => {
    const wanting = defineTool({ description: 'x', input: nothing, approval: true, execute: () => 'did it' })
    const heard: string[] = []
    const steps = () => [delegateCall, { calls: [{ tool: 'kit_want', id: 'd' }] }, 'found', 'Done.']
    const tools = { delegate: delegate(), want: wanting }
    const hooks = { beforeTool: ({ toolCallId }: { toolCallId: string }) => void heard.push(toolCallId) }
    await run(aSession(tools), 'Go', { model: scriptedModel(steps()), approve: () => true, hooks }).result
    expect(heard).toEqual(['d', 'd-2'])

    const running = run(aSession(tools), 'Go', { model: scriptedModel(steps()), approve: 'wait' })
    for await (const event of running) {
      const inner = event.type === 'child' ? event.event : event
      if (inner.type === 'approval-request') running.approve(inner.toolCallId, true)
    }
    expect(await running.result).toMatchObject({ text: 'Done.' })

    const model = scriptedModel(steps())
    await run(aSession(tools), 'Go', { model }).result
    expect(JSON.stringify(model.requests[2]!.prompt)).toContain('nobody can be asked within a tool')
  })

  test('gives its calls other ids than those that wait since an earlier run: each gets its own answer (SPEC 59)', async () => {
    const done: unknown[] = []
    const wanting = defineTool({
      description: 'x',
      input: nothing,
      approval: true,
      execute: (_, { toolCallId }) => void done.push(toolCallId),
    })
    const handing = defineTool({ ...delegate(), approval: true })
    const session = aSession({ want: wanting, delegate: handing })
    const calls = ['kit_want', 'kit_delegate'].map((tool, i) => ({ tool, id: `call_${i}` }))
    const first = scriptedModel([{ calls }])
    expect(await run(session, 'Go', { model: first }).result).toMatchObject({ finishReason: 'approval' })
    const model = scriptedModel([{ calls: [{ tool: 'kit_want', id: 'call_0' }] }, 'found', 'Done.'])
    const running = resume(session, { call_1: true }, { model, approve: 'wait' })
    const asked: string[] = []
    for await (const event of running) {
      const inner = event.type === 'child' ? event.event : event
      if (inner.type === 'approval-request') asked.push(inner.toolCallId)
      if (asked.length < 2 || inner.type !== 'approval-request') continue
      running.approve('call_0', false)
      running.approve('call_0-2', true)
    }
    expect([asked, done]).toEqual([['call_0', 'call_0-2'], ['call_0-2']])
  })
})

describe('a run of another session', () => {
  test('has its own agent and model, and stays for later (SPEC 59)', async () => {
    const inner = scriptedModel(['Paris.', 'Still Paris.'])
    let session: ChatSession | undefined
    const ask = defineTool({
      description: 'Asks a colleague.',
      input: nothing,
      async execute(_, call) {
        const agent = new AgentConfig({ name: 'geographer', model: inner, registry: registryOf(outer) })
        session ??= new ChatSession({ user: call.user, agent, parent: call.session })
        return (await run(session, 'Capital?', { parent: call }).result).text
      },
    })
    const outer: ChatSession = aSession({ ask })
    const call = { calls: [{ tool: 'kit_ask' }] }
    await run(outer, 'Go', { model: scriptedModel([call, call, 'Done.']) }).result
    inner.done()
    expect(historyOf(session!)).toHaveLength(4)
    expect(session!.parent).toBe(outer.id)
  })
})

describe('an approval that a run within another asks for', () => {
  const want = defineTool({ description: 'x', input: nothing, approval: true, execute: () => 'did it' })
  const wants = (id: string) => ({ calls: [{ tool: 'kit_want', id }] })

  /** A session whose tool puts a task to a colleague, in a session of its own. */
  function withColleague(inner: ScriptedModel): { outer: ChatSession; colleague: ChatSession } {
    const ask = defineTool({
      description: 'Asks a colleague.',
      input: nothing,
      async execute(_, parent) {
        const waits = pendingApprovals(colleague).length > 0
        const inner = waits ? resume(colleague, {}, { parent }) : run(colleague, 'Do it', { parent })
        return (await inner.result).finishReason
      },
    })
    const outer = aSession({ ask, want })
    const agent = new AgentConfig({ name: 'doer', model: inner, registry: registryOf(outer), tools: ['kit'] })
    const colleague = new ChatSession({ user: outer.user, agent, parent: outer })
    return { outer, colleague }
  }
  const pathOf = (outer: ChatSession, colleague: ChatSession) => [
    { agent: 'tester', sessionId: outer.id },
    { agent: 'doer', sessionId: colleague.id, toolCallId: 'c', toolName: 'kit_ask' },
  ]
  const asks = { calls: [{ tool: 'kit_ask', id: 'c' }] }

  test('says which agent asks, in which session, by whose call (SPEC 59)', async () => {
    const { outer, colleague } = withColleague(scriptedModel([wants('d'), 'Done.']))
    const asked: ApprovalRequest[] = []
    const judged: unknown[] = []
    const running = run(outer, 'Go', {
      model: scriptedModel([asks, 'Fine.']),
      approve: (request) => asked.push(request) > 0,
      approvalPolicy: ({ toolName, path }) => void judged.push([toolName, path.length]),
    })
    const events = (await eventsOf(running)).flatMap((event) => (event.type === 'child' ? [event.event] : []))
    const path = pathOf(outer, colleague)
    expect(asked).toEqual([{ toolCallId: 'd', toolName: 'kit_want', input: {}, path }])
    expect(events.find((event) => event.type === 'approval-request')).toMatchObject({ path })
    expect(judged).toEqual([
      ['kit_ask', 1],
      ['kit_want', 2],
    ])
  })

  test('says so where another call of that answer has its result already (SPEC 56, 59)', async () => {
    const session = aSession({ delegate: delegate(), want })
    const asked: ApprovalRequest[] = []
    await run(session, 'Go', {
      model: scriptedModel([
        { calls: [{ tool: 'kit_none' }, ...delegateCall.calls] },
        wants('w'),
        'found',
        'Done.',
      ]),
      approve: (request) => asked.push(request) > 0,
    }).result
    expect(asked[0]!.path[1]).toMatchObject({ toolCallId: 'd', toolName: 'kit_delegate' })
  })

  test('says so in an interaction of one session, too (SPEC 39, 59)', async () => {
    const session = aSession({ delegate: delegate(), want })
    const asked: ApprovalRequest[] = []
    await run(session, 'Go', {
      model: scriptedModel([delegateCall, wants('w'), 'found', 'Done.']),
      approve: (request) => asked.push(request) > 0,
    }).result
    const sessionId = session.id
    expect(asked[0]!.path).toEqual([
      { agent: 'tester', sessionId },
      { agent: 'tester', sessionId, toolCallId: 'd', toolName: 'kit_delegate' },
    ])
  })

  test('says so after a restart (SPEC 48, 59)', async () => {
    const { outer, colleague } = withColleague(scriptedModel([wants('d')]))
    await run(outer, 'Go', { model: scriptedModel([asks, 'Later.']) }).result
    expect(historyOf(outer)[2]).toBe('tool: = approval')
    const { user, agent } = colleague
    const path = pathOf(outer, colleague)
    const manager = new SessionManager()
    const { session } = ChatSession.restore(JSON.stringify(colleague), { user, agent, manager })
    const still = await resume(session, {}, { model: scriptedModel([]) }).result
    expect(pendingApprovals(session)).toEqual(still.approvals)
    expect(still.approvals).toEqual([{ toolCallId: 'd', toolName: 'kit_want', input: {}, path }])
    await resume(session, { d: true }, { model: scriptedModel(['Done.']) }).result
    expect(historyOf(session).slice(-2)).toEqual(['tool: = did it', 'assistant: Done.'])
    expect(JSON.stringify(session)).not.toContain('kit_ask')
  })

  test('says by whose call it is asked again, where a later run has it go on (SPEC 59)', async () => {
    const { outer, colleague } = withColleague(scriptedModel([wants('d'), 'Done.']))
    await run(outer, 'Go', { model: scriptedModel([asks, 'Later.']) }).result
    const asked: ApprovalRequest[] = []
    const model = scriptedModel([{ calls: [{ tool: 'kit_ask', id: 'e' }] }, 'Fine.'])
    await run(outer, 'Again', { model, approve: (request) => asked.push(request) > 0 }).result
    const [first, last] = pathOf(outer, colleague)
    expect(asked.map(({ path }) => path)).toEqual([[first, { ...last, toolCallId: 'e' }]])
  })

  test('is of whoever goes on, where what a history says of it is nothing (SPEC 51, 59)', async () => {
    const session = aSession({ want })
    await run(session, 'Go', { model: scriptedModel([wants('d')]) }).result
    const path = [{ agent: 'tester', sessionId: session.id }]
    for (const kept of [5, [], [5], [{ sessionId: 5 }], [{ sessionId: 'x', agent: {} }]]) {
      const saved = JSON.stringify(session).replace(
        '"retinue":{',
        `"retinue":{"path":${JSON.stringify(kept)},`,
      )
      const { user, agent } = session
      const again = ChatSession.restore(saved, { user, agent, manager: new SessionManager() }).session
      expect((await resume(again, {}, { model: scriptedModel([]) }).result).approvals[0]!.path).toEqual(path)
    }
  })

  test('is for one call alone: another that was left open under its id waits on (SPEC 59)', async () => {
    const ran: string[] = []
    const sign = defineTool({
      description: 'Signs.',
      input: Type.Object({ as: Type.String() }),
      approval: true,
      execute: ({ as }) => ran.push(as),
    })
    const colleagues = ['ada', 'eve'].map((as) => [aSession({ sign }), as] as const)
    for (const [session, as] of colleagues) {
      const calls = [{ tool: 'kit_sign', id: 'd', input: { as } }]
      await run(session, 'Go', { model: scriptedModel([{ calls }]) }).result
    }
    const both = defineTool({
      description: 'Has both go on.',
      input: nothing,
      execute: async (_, parent) => {
        const runs = colleagues.map(([session]) =>
          resume(session, {}, { parent, model: scriptedModel(['Done.']) }),
        )
        return (await Promise.all(runs.map(({ result }) => result))).map(({ finishReason }) => finishReason)
      },
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_both' }] }, 'Ok.'])
    const running = run(aSession({ both }), 'Go', { model, approve: 'wait' })
    for await (const event of running) {
      if (event.type !== 'child' || event.event.type !== 'finish') continue
      if (event.event.finishReason === 'approval') running.approve('d', true) // one of them was left open
    }
    expect(ran).toEqual(['ada'])
    expect(pendingApprovals(colleagues[1]![0])).toMatchObject([{ input: { as: 'eve' } }])
  })
})
