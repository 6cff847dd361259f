import {
  AgentConfig,
  ChatSession,
  ChatUser,
  createRegistry,
  definePlugin,
  defineTool,
  defineToolset,
  type InteractionContext,
  type Message,
  type Tool,
  Type,
} from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { callsOf } from '../src/call-message.ts'
import {
  type ApprovalAnswer,
  type ApprovalRequest,
  pendingApprovals,
  resume,
  run,
  type RunHooks,
} from '../src/index.ts'
import { aSession, eventsOf, historyOf, replaceKit, typesOf } from './a-session.ts'
import { callParts, finishPart, scriptedModel } from '@retinue/testing'

function deleting(ran: string[], approval: Tool['approval'] = true, description = 'Deletes a file.'): Tool {
  return defineTool({
    description,
    input: Type.Object({ path: Type.String() }),
    approval: approval as boolean,
    execute: ({ path }) => {
      ran.push(path)
      return `deleted ${path}`
    },
  })
}

const call = (path: string, id = path) => ({ tool: 'kit_rm', input: { path }, id })
const look = defineTool({
  description: 'Looks.',
  input: Type.Object({}),
  effect: 'pure',
  execute: () => 'seen',
})

describe('a tool that needs an approval', () => {
  test('runs when the one who is asked says yes (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const asked: unknown[] = []
    const events = await eventsOf(
      run(session, 'Delete a', {
        model: scriptedModel([{ calls: [call('a')] }, 'gone']),
        approve: (request) => {
          asked.push(request)
          return Promise.resolve(true)
        },
      }),
    )
    const path = [{ agent: 'tester', sessionId: session.id }]
    expect(asked).toEqual([{ toolCallId: 'a', toolName: 'kit_rm', input: { path: 'a' }, path }])
    expect(ran).toEqual(['a'])
    expect(typesOf(events)).toContain('approval-request')
  })

  test.each<unknown>(['yes', 1, null, {}, { approved: 'false' }])(
    'does not run after %j, which is neither a yes nor a no (SPEC 59)',
    async (answer) => {
      const ran: string[] = []
      const session = aSession({ rm: deleting(ran) })
      const ask = { calls: [call('a')] }
      await run(session, 'Delete a', { model: scriptedModel([ask]) }).result
      const answered = resume(session, { a: answer as never }, { model: scriptedModel([]) }).result
      await expect(answered).rejects.toMatchObject({ code: 'RETINUE_OPTION_INVALID' })

      const waiting = run(session, 'Again', { model: scriptedModel([ask, 'ok']), approve: 'wait' })
      for await (const event of waiting) {
        if (event.type !== 'approval-request') continue
        const say = (said: unknown) => () => waiting.approve(event.toolCallId, said as never)
        expect(say(answer)).toThrow(expect.objectContaining({ code: 'RETINUE_OPTION_INVALID' }))
        say(false)()
        expect(say(true)).toThrow(expect.objectContaining({ code: 'RETINUE_APPROVAL_UNKNOWN' }))
      }
      await run(session, 'Once more', {
        model: scriptedModel([ask, 'ok']),
        approve: () => answer as never,
      }).result
      expect(historyOf(session).at(-2)).toContain('neither a yes nor a no')
      expect(ran).toEqual([])
    },
  )

  test('does not run after a no, and the model is told why (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const model = scriptedModel([{ calls: [call('a'), call('b')] }, 'ok'])
    const approve = ({ toolCallId }: { toolCallId: string }) =>
      toolCallId === 'a' ? false : { approved: false, reason: 'keep b' }
    await run(session, 'Delete', { model, approve }).result
    expect(ran).toEqual([])
    expect(historyOf(session)[2]).toBe(
      'tool: ✗ This call was not approved. | ✗ This call was not approved: keep b',
    )
  })

  test('is asked for only where its rule says so, and always where the rule fails (SPEC 59)', async () => {
    const ran: string[] = []
    const rule = ({ path }: { path: string }): boolean => {
      if (path === 'odd') throw new Error('no idea')
      return path.startsWith('/')
    }
    const session = aSession({ rm: deleting(ran, rule as never) })
    const model = scriptedModel([{ calls: [call('a'), call('/b'), call('odd')] }, 'ok'])
    await run(session, 'Delete', { model, approve: () => false }).result
    expect(ran).toEqual(['a'])
  })

  test('is asked for where its rule says so later, or fails then; an abort waits for no rule (SPEC 58, 59)', async () => {
    const ran: string[] = []
    const rule = async ({ path }: { path: string }): Promise<boolean> => {
      await Promise.resolve()
      if (path === 'odd') throw new Error('no idea')
      if (path === 'never') queueMicrotask(() => running.abort())
      return path === 'never' ? new Promise(() => {}) : path.startsWith('/')
    }
    const session = aSession({ rm: deleting(ran, rule as never) })
    const model = scriptedModel([{ calls: [call('a'), call('/b'), call('odd')] }, { calls: [call('never')] }])
    const running = run(session, 'Delete', { model, approve: () => false })
    const events = await eventsOf(running)
    expect(events.at(-1)).toMatchObject({ finishReason: 'aborted', steps: 2 })
    expect(typesOf(events).filter((type) => type === 'approval-request')).toHaveLength(2)
    expect(ran).toEqual(['a'])
    expect(pendingApprovals(session)).toEqual([])
  })

  test('is asked for where its rule says so once: it is asked once a call (SPEC 59)', async () => {
    const ran: string[] = []
    const paths: string[] = []
    const isNew = ({ path }: { path: string }): boolean => !paths.includes(path) && paths.push(path) > 0
    const session = aSession({ rm: deleting(ran, isNew as never) })
    const model = scriptedModel([
      { calls: [call('a', '1')] },
      { calls: [call('a', '2'), call('b', '3')] },
      'ok',
    ])
    const asked: string[] = []
    const approve = ({ toolCallId }: ApprovalRequest): boolean => asked.push(toolCallId) === 1
    await run(session, 'Delete', { model, approve }).result
    expect([asked, ran]).toEqual([
      ['1', '3'],
      ['a', 'a'],
    ])
  })

  test('is not asked for with an input that does not fit (SPEC 54, 59)', async () => {
    const session = aSession({ rm: deleting([]) })
    const model = scriptedModel([{ calls: [{ tool: 'kit_rm', input: {} }] }, 'ok'])
    const events = await eventsOf(run(session, 'Delete', { model }))
    expect(typesOf(events)).not.toContain('approval-request')
  })

  test('does not run where nobody could be asked (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const approve = () => Promise.reject(new Error('the line is dead'))
    await run(session, 'Delete', { model: scriptedModel([{ calls: [call('a')] }, 'ok']), approve }).result
    expect(ran).toEqual([])
    expect(historyOf(session)[2]).toBe(
      'tool: ✗ This call was not approved: nobody could be asked (the line is dead)',
    )
  })

  test.each(['approve', 'approvalPolicy'])(
    'is not asked for any more once the run is aborted, and %s is not waited for (SPEC 58, 59)',
    async (option) => {
      const session = aSession({ rm: deleting([]) })
      const hangs = () => {
        running.abort()
        return new Promise<never>(() => {})
      }
      const model = scriptedModel([{ calls: [call('a')] }])
      const running = run(session, 'Delete', { model, [option]: hangs })
      const types = typesOf(await eventsOf(running))
      expect(types.includes('approval-request')).toBe(option === 'approve')
      expect(types).not.toContain('warning')
      expect(historyOf(session)[2]).toBe('tool: ✗ The run was aborted before this tool ran.')
    },
  )
})

describe('a run that stops for an approval', () => {
  const ran: string[] = []
  const stopped = async (tools: Record<string, Tool> = { rm: deleting(ran), look }) => {
    ran.length = 0
    const session = aSession(tools)
    const model = scriptedModel([{ calls: [call('a'), { tool: 'kit_look' }, call('b')] }])
    const result = await run(session, 'Delete', { model }).result
    return { session, result }
  }

  test('gives the questions, runs the other calls, and leaves those open (SPEC 59)', async () => {
    const { session, result } = await stopped()
    expect(result).toMatchObject({
      finishReason: 'approval',
      approvals: [
        { toolCallId: 'a', input: { path: 'a' } },
        { toolCallId: 'b', input: { path: 'b' } },
      ],
    })
    expect([ran, historyOf(session).at(-1)]).toEqual([[], 'tool: = seen'])
  })

  test('adds nothing to the history but the question, where nothing else was called (SPEC 59)', async () => {
    const session = aSession({ rm: deleting(ran) })
    await run(session, 'Delete', { model: scriptedModel([{ calls: [call('a')] }]) }).result
    expect(session.messages.length).toBe(2)
    const [asked] = callsOf(session.messages.at(1)!)
    expect(asked!.providerMetadata).toEqual({ retinue: { definition: expect.any(String) } })
    await resume(session, { a: true }, { model: scriptedModel(['done']) }).result
    expect(historyOf(session).slice(2)).toEqual(['tool: = deleted a', 'assistant: done'])
  })

  test('goes on with the tools that its turn alone had, if they are still there (SPEC 40, 59)', async () => {
    const start = defineTool({
      description: 'Equips itself.',
      input: Type.Object({}),
      execute: (_, { interaction }) => interaction.tools.push('more', 'gone'),
    })
    const session = aSession({ start }, { more: { rm: deleting(ran) }, gone: { look } })
    ran.length = 0
    const calls = [
      { ...call('a'), tool: 'more_rm' },
      { ...call('b'), tool: 'more_rm' },
    ]
    const model = scriptedModel([{ calls: [{ tool: 'kit_start' }] }, { calls }])
    await run(session, 'Delete', { model }).result
    expect([session.tools.inForce, ran]).toEqual([['kit'], []])

    const saved = JSON.stringify(session)
    const { user, agent } = session
    const again = ChatSession.restore(saved, { user, agent: agent! }).session
    const half = await resume(again, { a: true }, { model: scriptedModel([]) }).result
    expect([half.approvals.map(({ toolCallId }) => toolCallId), ran]).toEqual([['b'], ['a']])
    const last = scriptedModel(['done'])
    await resume(again, { b: true }, { model: last }).result
    expect([ran, again.tools.inForce]).toEqual([['a', 'b'], ['kit']])
    expect(last.requests[0]!.tools!.map(({ name }) => name)).toEqual(['kit_start', 'more_rm', 'gone_look'])

    const odd = saved.replaceAll('"toolsets":["more","gone"]', '"toolsets":["more",5,"nobody"]')
    const other = ChatSession.restore(odd, { user, agent: agent! }).session
    const events = await eventsOf(resume(other, { a: true, b: true }, { model: scriptedModel(['done']) }))
    expect(ran).toEqual(['a', 'b', 'a', 'b'])
    expect(typesOf(events)).not.toContain('warning')
  })

  test('goes on with the answers (SPEC 59)', async () => {
    const { session } = await stopped()
    const result = await resume(
      session,
      { a: true, b: { approved: false } },
      { model: scriptedModel(['done']) },
    ).result
    expect(result).toMatchObject({ text: 'done', finishReason: 'stop' })
    expect(ran).toEqual(['a'])
    expect(historyOf(session).slice(2)).toEqual([
      'tool: = deleted a | = seen | ✗ This call was not approved.',
      'assistant: done',
    ])
  })

  test('asks again for what was not answered (SPEC 59)', async () => {
    const { session } = await stopped()
    const { approvals, finishReason } = await resume(
      session,
      { a: undefined as never, b: true },
      { model: scriptedModel([]) },
    ).result
    expect([finishReason, approvals.map(({ toolCallId }) => toolCallId)]).toEqual(['approval', ['a']])
    await resume(session, { a: true }, { model: scriptedModel(['done']) }).result
    expect(ran).toEqual(['b', 'a'])
  })

  test('is answered by nothing that every object has (SPEC 59)', async () => {
    const session = aSession({ rm: deleting(ran) })
    const model = scriptedModel([{ calls: [call('a', 'constructor'), call('b', 'toString')] }])
    await run(session, 'Delete', { model }).result
    const { approvals } = await resume(session, {}, { model: scriptedModel([]) }).result
    expect(approvals.map(({ toolCallId }) => toolCallId)).toEqual(['constructor', 'toString'])
  })

  test('has its question in the snapshot, and goes on after a restart (SPEC 59)', async () => {
    const { session, result } = await stopped()
    const saved = JSON.parse(JSON.stringify(session)) as object
    session.close()
    const registry = createRegistry()
    const kit = defineToolset('kit', { tools: { rm: deleting(ran), look } })
    registry.register(definePlugin({ name: '@test/kit', version: '1.0.0', contributes: [kit] }))
    const agent = new AgentConfig({ name: 'tester', registry, tools: ['kit'] })
    const { session: again } = ChatSession.restore(saved, {
      user: new ChatUser({ id: 'ada', registry }),
      agent,
      registry,
    })
    expect(pendingApprovals(again)).toEqual(result.approvals)
    await resume(again, { a: true, b: true }, { model: scriptedModel(['done']) }).result
    expect(ran).toEqual(['a', 'b'])
    expect(pendingApprovals(again)).toEqual([])
  })

  test('are told as they were asked, where a hook has replaced the input (SPEC 59)', async () => {
    const session = aSession({ rm: deleting(ran) })
    const beforeTool: RunHooks['beforeTool'] = () => ({ input: { path: '/tmp/a' }, reason: 'only there' })
    const asking = run(session, 'Delete a', {
      model: scriptedModel([{ calls: [call('a')] }]),
      hooks: { beforeTool },
    })
    const { approvals } = await asking.result
    expect(approvals).toMatchObject([{ toolCallId: 'a', input: { path: '/tmp/a' } }])
    expect(pendingApprovals(session)).toEqual(approvals)
    expect(() => pendingApprovals(undefined as never)).toThrow('takes place in a session or an interaction')
  })

  test('takes a yes where a store gives the keys of what was asked about in another order (SPEC 48, 59)', async () => {
    const copied: unknown[] = []
    const copy = defineTool({
      description: 'Copies.',
      input: Type.Object({ from: Type.String(), to: Type.String() }),
      approval: true,
      execute: (input) => void copied.push(input),
    })
    const session = aSession({ copy })
    const hooks: RunHooks = { beforeTool: () => ({ input: { from: 'a', to: 'b' } }) }
    const model = scriptedModel([{ calls: [{ tool: 'kit_copy', input: { from: 'x', to: 'y' }, id: 'c' }] }])
    await run(session, 'Copy', { model, hooks }).result
    const saved = JSON.stringify(session).replace('{"from":"a","to":"b"}', '{"to":"b","from":"a"}')
    expect(saved).toContain('{"to":"b","from":"a"}')
    const { session: again } = ChatSession.restore(saved, session)
    await resume(again, { c: true }, { model: scriptedModel(['Done.']), hooks }).result
    expect(copied).toEqual([{ from: 'a', to: 'b' }])
  })

  test('does not take a yes for a tool that has changed since, and asks again (SPEC 59)', async () => {
    const { session } = await stopped()
    const saved = JSON.parse(JSON.stringify(session)) as object
    session.close()
    const registry = createRegistry()
    const kit = defineToolset('kit', { tools: { rm: deleting(ran, true, 'Deletes everything.'), look } })
    registry.register(definePlugin({ name: '@test/kit', version: '2.0.0', contributes: [kit] }))
    const agent = new AgentConfig({ name: 'tester', registry, tools: ['kit'] })
    const { session: again } = ChatSession.restore(saved, {
      user: new ChatUser({ id: 'ada', registry }),
      agent,
      registry,
    })
    const running = resume(again, { a: true, b: false }, { model: scriptedModel(['done']) })
    const events = await eventsOf(running)
    expect(await running.result).toMatchObject({ finishReason: 'approval', approvals: [{ toolCallId: 'a' }] })
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({
      message: expect.stringContaining("'kit_rm' has changed"),
    })
    expect(ran).toEqual([])
    await resume(again, { a: true }, { model: scriptedModel(['done']) }).result
    expect(ran).toEqual(['a'])
  })

  test('refuses answers to calls that do not wait (SPEC 59)', async () => {
    const { session } = await stopped()
    const answers = { nobody: true }
    await expect(resume(session, answers, { model: scriptedModel([]) }).result).rejects.toThrow(
      "No call 'nobody' waits for an approval. These wait: a (kit_rm), b (kit_rm).",
    )
    const idle = aSession()
    await expect(resume(idle, answers, { model: scriptedModel([]) }).result).rejects.toMatchObject({
      code: 'RETINUE_APPROVAL_UNKNOWN',
    })
    expect(ran).toEqual([])
  })

  test('is not the only one that can be resumed: one that failed can be, too (SPEC 58)', async () => {
    const session = aSession()
    await run(session, 'Hi', { model: scriptedModel([new Error('no')]) }).result.catch(() => {})
    expect((await resume(session, {}, { model: scriptedModel(['Hello']) }).result).text).toBe('Hello')
    expect(historyOf(session)).toEqual(['user: Hi', 'assistant: Hello'])
  })

  test('asks again for a tool that is gone, and then says so (SPEC 59)', async () => {
    const { session } = await stopped()
    session.agent!.tools.clear()
    const { finishReason } = await resume(session, { a: true, b: true }, { model: scriptedModel(['ok']) })
      .result
    expect(finishReason).toBe('stop')
    expect(historyOf(session)[2]).toBe(
      "tool: ✗ There is no tool 'kit_rm'. No tool is equipped now. | = seen | ✗ There is no tool 'kit_rm'. No tool is equipped now.",
    )
  })

  test('does not wait any more while it runs, where nothing wants a yes by now: it could run twice (SPEC 59)', async () => {
    let isWanted = true
    const waiting: number[] = []
    const execute = () => void waiting.push(pendingApprovals(session).length)
    const session = aSession({ pay: { ...deleting([], () => isWanted), execute } })
    const calls = [{ tool: 'kit_pay', input: { path: 'a' } }]
    await run(session, 'Pay', { model: scriptedModel([{ calls }]) }).result
    expect(pendingApprovals(session)).toHaveLength(1)
    isWanted = false
    await resume(session, {}, { model: scriptedModel(['Paid.']) }).result
    expect(waiting).toEqual([0])
  })

  test('is answered by a new message: what was asked for does not run (SPEC 59)', async () => {
    const { session } = await stopped()
    const script = scriptedModel(['As you like.'])
    const events = await eventsOf(run(session, 'Never mind', { model: script }))
    expect(ran).toEqual([])
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({ about: 'history' })
    const closed = '✗ This call did not run: it needed an approval, and nobody gave it.'
    expect(events.flatMap((event) => (event.type === 'tool-result' ? [event.toolCallId] : []))).toEqual([
      'a',
      'b',
    ])
    expect(historyOf(session).slice(2)).toEqual([
      `tool: ${closed} | = seen | ${closed}`,
      'user: Never mind',
      'assistant: As you like.',
    ])
    // What the question was about is nothing for a provider, nor for a snapshot of a call that no longer waits.
    expect(JSON.stringify([script.requests, session])).not.toContain('"definition"')
  })
})

describe('an answer in the stream', () => {
  test('is waited for where the run is told to (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const model = scriptedModel([{ calls: [call('a'), call('b')] }, 'ok'])
    const running = run(session, 'Delete', { model, approve: 'wait' })
    for await (const event of running) {
      if (event.type !== 'approval-request') continue
      expect(historyOf(session)).toHaveLength(2)
      running.approve(
        event.toolCallId,
        event.toolCallId === 'a' ? true : { approved: false, reason: 'keep b' },
      )
      expect(() => running.approve('x', true)).toThrow(
        expect.objectContaining({ code: 'RETINUE_APPROVAL_UNKNOWN' }),
      )
    }
    expect(ran).toEqual(['a'])
    expect(historyOf(session)[2]).toBe('tool: = deleted a | ✗ This call was not approved: keep b')
    expect(JSON.stringify(session.messages.items)).not.toContain('definition')
  })

  test('is refused where the run has asked nothing (SPEC 59)', () => {
    const running = run(aSession(), 'Hi', { model: scriptedModel(['ok']), approve: 'wait' })
    expect(() => running.approve('a', true)).toThrow(
      expect.objectContaining({
        code: 'RETINUE_APPROVAL_UNKNOWN',
        hint: expect.stringContaining('None waits'),
      }),
    )
  })

  test('can also be given after a restart, while the run waits (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const running = run(session, 'Delete', {
      model: scriptedModel([{ calls: [call('a')] }]),
      approve: 'wait',
    })
    let saved = ''
    for await (const event of running) {
      if (event.type === 'approval-request') break
    }
    saved = JSON.stringify(session)
    const { user, agent } = session
    const again = ChatSession.restore(saved, { user, agent }).session
    running.abort()
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(historyOf(session).at(-1)).toContain('aborted before this tool ran')
    await resume(again, { a: true }, { model: scriptedModel(['ok']) }).result
    expect(ran).toEqual(['a'])
  })

  test('is given once: what may have run is not asked about again (SPEC 57, 59)', async () => {
    const session = aSession({
      rm: defineTool({
        description: 'x',
        input: Type.Object({ path: Type.String() }),
        approval: true,
        execute: () => (saved = JSON.stringify(session)),
      }),
    })
    let saved = ''
    await run(session, 'Delete', {
      model: scriptedModel([{ calls: [call('a')] }, 'ok']),
      approve: () => true,
    }).result
    const { user, agent } = session
    const again = ChatSession.restore(saved, { user, agent }).session
    await resume(again, {}, { model: scriptedModel(['ok']) }).result
    expect(historyOf(again)[2]).toContain('whether the tool ran is not known')
  })

  test('does not count for a tool that changed while it was asked for (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran, true, 'Old.') })
    const asked: string[] = []
    const approve = () => {
      asked.push('?')
      if (asked.length === 1) replaceKit(session, { rm: deleting(ran, true, 'New.') })
      return true
    }
    const events = await eventsOf(
      run(session, 'Delete', { model: scriptedModel([{ calls: [call('a')] }, 'ok']), approve }),
    )
    expect(asked).toHaveLength(2)
    expect(ran).toEqual(['a'])
    expect(events.find((event) => event.type === 'warning')).toMatchObject({
      about: 'approval',
      message: "The tool 'kit_rm' has changed since its approval was asked for: the answer does not count.",
    })
  })
})

test('a call that waited runs with the tool that there is by then, where its definition is the same (SPEC 59)', async () => {
  const [before, after]: [string[], string[]] = [[], []]
  const session = aSession({ rm: deleting(before) })
  const asked: string[] = []
  const approve = ({ toolCallId }: ApprovalRequest): boolean => {
    replaceKit(session, { rm: deleting(after) })
    return asked.push(toolCallId) === 1
  }
  await run(session, 'Delete', { model: scriptedModel([{ calls: [call('a')] }, 'ok']), approve }).result
  expect([before, after, asked]).toEqual([[], ['a'], ['a']])
})

describe('a call that somebody changes while it waits', () => {
  /** Puts another input into a call of the history, as a person does who says yes to something else. */
  function change({ messages }: ChatSession, id: string, input: object): void {
    const index = messages.items.findIndex((each) =>
      callsOf(each).some(({ toolCallId }) => toolCallId === id),
    )
    const parts = messages
      .at(index)!
      .parts.map((part) => ('toolCallId' in part && part.toolCallId === id ? { ...part, input } : part))
    messages.set(index, { role: 'assistant', parts } as Message)
  }

  test.each([true, false])(
    'runs with what is in the history when it is answered (SPEC 57, 59)',
    async (waits) => {
      const ran: string[] = []
      const session = aSession({ rm: deleting(ran) })
      const model = scriptedModel([{ calls: [call('a'), call('b')] }, 'ok'])
      const approve = ({ toolCallId }: { toolCallId: string }): boolean => {
        if (toolCallId === 'a') change(session, 'a', { path: 'c' })
        return true
      }
      const running = run(session, 'Delete', { model, approve: waits ? 'wait' : approve })
      for await (const event of running)
        if (waits && event.type === 'approval-request') running.approve(event.toolCallId, approve(event))
      expect(ran.toSorted()).toEqual(['b', 'c'])
      expect(historyOf(session)).toEqual([
        'user: Delete',
        'assistant: kit_rm({"path":"c"}) | kit_rm({"path":"b"})',
        'tool: = deleted c | = deleted b',
        'assistant: ok',
      ])
      expect(JSON.stringify(session)).not.toContain('definition')
    },
  )

  test.each<[string, ApprovalAnswer, object, string]>([
    ['does not run with what does not fit', true, { path: 1 }, '- /path: must be string'],
    ['does not run with what the policy refuses', true, { path: '/' }, 'This call is not allowed.'],
    ['does not run with what a hook refuses', true, { path: '/etc' }, 'This call was not made: Not there.'],
    ['does not run after a no', { approved: false, reason: 'no' }, { path: 'c' }, 'not approved: no'],
  ])('%s (SPEC 54, 59)', async (_what, answer, input, told) => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const result = await run(session, 'Delete', {
      model: scriptedModel([{ calls: [call('a')] }, 'ok']),
      approve: () => {
        change(session, 'a', input)
        return answer
      },
      approvalPolicy: ({ input }) => (JSON.stringify(input).includes('"/"') ? 'deny' : undefined),
      hooks: {
        beforeTool: ({ input }) =>
          JSON.stringify(input).includes('/etc') ? { veto: 'Not there.' } : undefined,
      },
    }).result
    expect(result.text).toBe('ok')
    expect(ran).toEqual([])
    expect(historyOf(session)[2]).toContain(told)
  })
})

describe('a question to somebody who is asked at once', () => {
  test('stays open where they give no answer: the run stops (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const model = scriptedModel([{ calls: [call('a')] }, 'done'])
    const approve = (() => undefined) as never
    expect(await run(session, 'Delete', { model, approve }).result).toMatchObject({
      finishReason: 'approval',
      approvals: [{ toolCallId: 'a' }],
    })
    await resume(session, { a: true }, { model }).result
    expect(ran).toEqual(['a'])
  })

  test('is a failed call where the tool has left by the time that they say yes (SPEC 57, 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const approve = (): boolean => {
      session.agent!.tools.clear()
      return true
    }
    await run(session, 'Delete', { model: scriptedModel([{ calls: [call('a')] }, 'ok']), approve }).result
    expect(historyOf(session)[2]).toBe("tool: ✗ There is no tool 'kit_rm'. No tool is equipped now.")
    expect(ran).toEqual([])
  })

  test('is answered also where the call has left the history meanwhile: the run goes on from what is there (SPEC 58, 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const approve = (): boolean => session.messages.splice(1).length > 0
    const model = scriptedModel([{ calls: [call('a')] }, 'ok'])
    expect(await run(session, 'Delete', { model, approve }).result).toMatchObject({ text: 'ok' })
    expect(ran).toEqual(['a'])
    expect(historyOf(session)).toEqual(['user: Delete', 'assistant: ok'])
  })
})

describe('what is asked about', () => {
  test('leaves with the call what its provider attached to it (SPEC 53, 59)', async () => {
    const session = aSession({ rm: deleting([]) })
    const providerMetadata = { google: { thoughtSignature: 's' } }
    const parts = callParts('kit_rm', { path: 'a' }, 'a').map((part) =>
      part.type === 'tool-call' ? { ...part, providerMetadata } : part,
    )
    const model = scriptedModel([[...parts, finishPart('tool-calls')], 'ok'])
    await run(session, 'Delete', { model }).result
    expect(Object.keys(session.messages.at(1)!.parts[0]!.providerMetadata!)).toEqual(['google', 'retinue'])
    await resume(session, { a: true }, { model }).result
    expect(session.messages.at(1)!.parts[0]!.providerMetadata).toEqual(providerMetadata)
  })

  test('is one revision of a tool: a yes to another that reads the same is none (SPEC 59)', async () => {
    const ran: string[] = []
    const tool = (revision: string): Tool => ({ ...deleting(ran), revision })
    const session = aSession({ rm: tool('1') })
    await run(session, 'Delete', { model: scriptedModel([{ calls: [call('a')] }]) }).result
    replaceKit(session, { rm: tool('2') })
    const again = await resume(session, { a: true }, { model: scriptedModel(['done']) }).result
    expect(again).toMatchObject({ finishReason: 'approval', approvals: [{ toolCallId: 'a' }] })
    expect(ran).toEqual([])
    await resume(session, { a: true }, { model: scriptedModel(['done']) }).result
    expect(ran).toEqual(['a'])
  })

  test('is the input that runs: a yes to one that a hook had put in its place is none to another (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const hooks: RunHooks = { beforeTool: () => ({ input: { path: 'b' }, reason: 'a is kept' }) }
    const first = run(session, 'Delete a', { model: scriptedModel([{ calls: [call('a')] }]), hooks })
    expect((await first.result).approvals).toMatchObject([{ input: { path: 'b' } }])
    const without = resume(session, { a: true }, { model: scriptedModel([]) })
    expect((await eventsOf(without)).find((event) => event.type === 'warning')).toMatchObject({
      about: 'approval',
      message: expect.stringContaining("The input of 'kit_rm' has changed") as string,
    })
    expect((await without.result).approvals).toMatchObject([{ input: { path: 'a' } }])
    await resume(session, { a: true }, { model: scriptedModel([]), hooks }).result
    expect(ran).toEqual([])
    await resume(session, { a: true }, { model: scriptedModel(['ok']), hooks }).result
    expect(ran).toEqual(['b'])
  })

  test.each<[string, (session: ChatSession) => unknown]>([
    [
      'is aborted',
      (session) => resume(session, {}, { approve: 'wait', signal: AbortSignal.timeout(1) }).result,
    ],
    ['is vetoed', (session) => resume(session, {}, { hooks: { beforeTool: () => ({ veto: 'no' }) } }).result],
    ['is not allowed', (session) => resume(session, { a: true }, { approvalPolicy: () => 'deny' }).result],
    ['is gone', (session) => (replaceKit(session, {}), resume(session, { a: true }).result)],
  ])('is forgotten where the call %s: nothing of it stays in the history (SPEC 58)', async (_, go) => {
    const session = aSession({ rm: deleting([]) })
    const model = [scriptedModel([{ calls: [call('a')] }]), scriptedModel([])]
    await run(session, 'Delete a', { model: model[0] }).result
    expect(JSON.stringify(session)).toContain('Deletes a file.')
    session.agent!.model = model[1]
    await Promise.resolve(go(session)).catch(() => {})
    expect(historyOf(session)[2]).toContain('tool: ✗')
    expect(JSON.stringify(session)).not.toContain('Deletes a file.')
  })

  test('is not asked for any more where its run is aborted while another call of the step still runs (SPEC 58)', async () => {
    const ran: string[] = []
    const hang = defineTool({
      description: 'Hangs.',
      input: Type.Object({}),
      execute: () => new Promise(() => {}),
    })
    const session = aSession({ rm: deleting(ran), hang })
    const step = { calls: [call('a'), { tool: 'kit_hang', id: 'h' }] }
    const aborting = run(session, 'Delete a', { model: scriptedModel([step]) })
    const results: string[] = []
    const reading = (async () => {
      for await (const event of aborting) {
        if (event.type === 'approval-request') aborting.abort()
        if (event.type === 'tool-result') results.push(event.toolCallId)
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(results).toEqual(['h', 'a'])
    expect(historyOf(session)[2]).toMatch(
      /^tool: ✗ This call did not run: .+ \| ✗ The run was aborted before/,
    )
    expect(pendingApprovals(session)).toEqual([])
    expect(JSON.stringify(session)).not.toContain('Deletes a file.')

    await run(session, 'Delete a', { model: scriptedModel([step, 'ok']), toolTimeoutMs: 1 }).result
    const going = resume(session, {}, { signal: AbortSignal.abort() }).result
    await expect(going).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(pendingApprovals(session)).toMatchObject([{ toolCallId: expect.any(String) as string }])
    expect(ran).toEqual([])
  })

  test('may depend on where the call is made: its rule is given the interaction (SPEC 59)', async () => {
    const ran: string[] = []
    const rule = (_input: unknown, { session, user }: InteractionContext): boolean =>
      session.id !== 'trusted' || user.id !== 'ada'
    const session = aSession({ rm: deleting(ran, rule as Tool['approval']) })
    await run(session, 'Delete', { model: scriptedModel([{ calls: [call('a')] }]) }).result
    expect(ran).toEqual([])
    const trusted = new ChatSession({ user: session.user, agent: session.agent, id: 'trusted' })
    await run(trusted, 'Delete', { model: scriptedModel([{ calls: [call('b')] }, 'gone']) }).result
    expect(ran).toEqual(['b'])
  })
})

describe('a policy', () => {
  test('decides before the tool does, which keeps its say where the policy has none (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran), look })
    const verdicts = { a: 'allow', b: 'deny', c: 'ask', d: undefined } as const
    const wanted: boolean[] = []
    const model = scriptedModel([
      {
        calls: ['a', 'b', 'c', 'd']
          .map((path) => call(path))
          .concat({ tool: 'kit_look', input: {}, id: 'l' } as never),
      },
      'ok',
    ])
    const asked: string[] = []
    await run(session, 'Delete', {
      model,
      approvalPolicy: ({ input, wanted: is }) => {
        wanted.push(is)
        return verdicts[(input as { path: 'a' }).path]
      },
      approve: ({ toolCallId }) => (asked.push(toolCallId), true),
    }).result
    expect(wanted).toEqual([true, true, true, true, false])
    expect(asked).toEqual(['c', 'd'])
    expect(ran.sort()).toEqual(['a', 'c', 'd'])
    expect(historyOf(session)[2]).toContain('✗ This call is not allowed.')
  })

  test('that asked is waited for by a resume that is given none, which takes a no for a no (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran, false) })
    const model = scriptedModel([{ calls: [call('a'), call('b')] }])
    await run(session, 'Delete', { model, approvalPolicy: () => 'ask' }).result
    const ids = async (answers: object) =>
      (await resume(session, { ...answers }, { model: scriptedModel(['done']) }).result).approvals.map(
        ({ toolCallId }) => toolCallId,
      )
    expect([await ids({}), await ids({ a: false }), await ids({}), ran]).toEqual([
      ['a', 'b'],
      ['b'],
      ['b'],
      [],
    ])
    expect([await ids({ b: true }), ran]).toEqual([[], ['b']])
  })

  test('that asked is asked for of a tool that changed meanwhile, too, where it is not there itself any more (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran, false, 'Old.') })
    const model = scriptedModel([{ calls: [call('a')] }, 'done'])
    await run(session, 'Delete', { model, approvalPolicy: () => 'ask' }).result
    const answers = [true, false]
    const approve = (): boolean => {
      replaceKit(session, { rm: deleting(ran, false, 'New.') })
      return answers.shift()!
    }
    await resume(session, {}, { model, approve }).result
    expect([ran, answers]).toEqual([[], []])
  })

  test('that allows a call allows none that got a no (SPEC 59)', async () => {
    const ran: string[] = []
    const session = aSession({ rm: deleting(ran) })
    const model = scriptedModel([{ calls: [call('a'), call('b')] }])
    await run(session, 'Delete', { model }).result
    const options = { model: scriptedModel(['done']), approvalPolicy: () => 'allow' as const }
    await resume(session, { a: { approved: false, reason: 'It is mine.' } }, options).result
    expect(ran).toEqual(['b'])
    expect(historyOf(session)[2]).toContain('✗ This call was not approved: It is mine.')
  })

  test('that fails makes the run ask (SPEC 59)', async () => {
    const session = aSession({ look })
    const policy = () => Promise.reject(new Error('no idea'))
    const model = scriptedModel([{ calls: [{ tool: 'kit_look', input: {}, id: 'l' }] }])
    const running = run(session, 'Look', { model, approvalPolicy: policy })
    const events = await eventsOf(running)
    expect(events.at(-1)).toMatchObject({ finishReason: 'approval' })
    expect(events.find((event) => event.type === 'warning')).toMatchObject({ about: 'approval' })
  })
})
