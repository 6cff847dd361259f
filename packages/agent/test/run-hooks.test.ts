import { AsyncLocalStorage } from 'node:async_hooks'
import { Context, defineTool, type Json, Section, type Tool, Type } from '@retinue/kernel'
import { blockParts, callParts, finishPart, scriptedModel } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { resume, run, type RunEvent, type RunHooks } from '../src/index.ts'
import { textOf } from '../src/tool-output.ts'
import { aSession, eventsOf, gate, historyOf, register } from './a-session.ts'

function echo(more: Partial<Tool> = {}): Tool {
  return defineTool({
    description: 'Echoes.',
    input: Type.Object({ text: Type.String() }),
    execute: ({ text }) => text,
    ...(more as object),
  })
}
const calls = () => scriptedModel([{ calls: [{ tool: 'kit_echo', input: { text: 'a' }, id: 'c' }] }, 'ok'])

/** Runs a call of `echo`, and gives what the model was told of it. */
async function told(hooks: RunHooks | readonly RunHooks[], tool = echo()): Promise<string> {
  const session = aSession({ echo: tool })
  await run(session, 'Go', { model: calls(), hooks }).result
  return historyOf(session)[2]!.slice('tool: '.length)
}

describe('hooks', () => {
  test('are told before and after each model call and tool call, in order (SPEC 56)', async () => {
    const heard: string[] = []
    const hooksOf = (name: string): RunHooks => ({
      beforeModel: ({ step, request }) => void heard.push(`${name} model ${step}: ${request.prompt.length}`),
      afterModel: ({ step, finishReason }) => void heard.push(`${name} said ${step}: ${finishReason}`),
      beforeTool: ({ toolName, input }) =>
        void heard.push(`${name} tool ${toolName} ${JSON.stringify(input)}`),
      afterTool: ({ toolCallId, output }) => void heard.push(`${name} ran ${toolCallId} ${textOf(output)}`),
    })
    await told([hooksOf('1'), hooksOf('2')])
    expect(heard).toEqual([
      '1 model 1: 1',
      '2 model 1: 1',
      '1 said 1: tool-calls',
      '2 said 1: tool-calls',
      '1 tool kit_echo {"text":"a"}',
      '2 tool kit_echo {"text":"a"}',
      '1 ran c a',
      '2 ran c a',
      '1 model 2: 3',
      '2 model 2: 3',
      '1 said 2: stop',
      '2 said 2: stop',
    ])
  })

  test('can keep a tool from running, with a reason that the model sees (SPEC 57)', async () => {
    const tool = echo({ execute: () => expect.unreachable('it ran') })
    expect(await told({ beforeTool: () => ({ veto: 'not on Sundays' }) }, tool)).toBe(
      '✗ This call was not made: not on Sundays',
    )
  })

  test('can replace the input of a tool, each after the other, and the model is told (SPEC 57)', async () => {
    const add = (letter: string): RunHooks => ({
      beforeTool: ({ input }) => ({
        input: { text: (input as { text: string }).text + letter },
        reason: letter,
      }),
    })
    expect(await told([add('b'), add('c')])).toBe('= [The input was replaced by {"text":"abc"}: b; c]\nabc')
  })

  test('can replace the input of a tool that fails: what it says is still an error (SPEC 57)', async () => {
    const execute = () => {
      throw new Error('no')
    }
    const hooks: RunHooks = { beforeTool: () => ({ input: { text: 'b' }, reason: 'better' }) }
    expect(await told(hooks, echo({ execute } as Partial<Tool>))).toBe(
      '✗ [The input was replaced by {"text":"b"}: better]\nThe tool failed: no',
    )
  })

  test('can replace the input of a tool that gives files: the model is told in front of them (SPEC 54, 57)', async () => {
    const file = { type: 'file', mediaType: 'image/png', data: 'aGk=' } as const
    const session = aSession({ echo: echo({ output: 'content', execute: () => [file] } as Partial<Tool>) })
    const hooks: RunHooks = { beforeTool: () => ({ input: { text: 'b' }, reason: 'better' }) }
    await run(session, 'Go', { model: calls(), hooks }).result
    const note = '[The input was replaced by {"text":"b"}: better]'
    expect(session.messages.at(2)!.parts[0]).toMatchObject({
      output: { type: 'content', value: [{ type: 'text', text: note }, file] },
    })
  })

  test('that replace an input by one that does not fit make the call fail (SPEC 54)', async () => {
    const text = await told({ beforeTool: () => ({ input: { text: 7 } as Json }) })
    expect(text).toContain('✗ The tool failed: its input was replaced by one that does not fit.')
    expect(text).toContain('- /text: must be string')
  })

  test('can keep a result from the model (SPEC 57)', async () => {
    expect(await told({ afterTool: () => ({ veto: 'it holds a key' }) })).toBe(
      '✗ The tool ran, and its result was withheld: it holds a key',
    )
  })

  test('can stop a run before a model call; the history stays good (SPEC 58)', async () => {
    const session = aSession({ echo: echo() })
    const hooks: RunHooks = { beforeModel: ({ step }) => (step === 2 ? { veto: 'enough' } : undefined) }
    await expect(run(session, 'Go', { model: calls(), hooks }).result).rejects.toMatchObject({
      code: 'RETINUE_RUN_VETOED',
      message: expect.stringContaining('enough') as string,
      details: { veto: 'enough' },
    })
    const model = scriptedModel(['fine'])
    expect(await resume(session, {}, { model }).result).toMatchObject({ text: 'fine' })
  })

  test('can stop a run after a model call: the answer is kept, its tools do not run (SPEC 58)', async () => {
    const session = aSession({ echo: echo({ execute: () => expect.unreachable('it ran') }) })
    const hooks: RunHooks = { afterModel: () => ({ veto: 'no' }) }
    await expect(run(session, 'Go', { model: calls(), hooks }).result).rejects.toMatchObject({
      code: 'RETINUE_RUN_VETOED',
    })
    expect(historyOf(session).at(-1)).toBe('tool: ✗ The run was stopped before this tool ran.')
  })

  test('are told how the provider names its answer, by what the last attempt said', async () => {
    const told: unknown[] = []
    const hooks: RunHooks = { afterModel: ({ response }) => void told.push(response) }
    const named = (id: string, modelId?: string) => ({ type: 'response-metadata', id, modelId })
    const overloaded = { type: 'error', error: { type: 'overloaded_error' } }
    const model = scriptedModel([
      () => [named('lost', 'm'), overloaded],
      () => [
        named('a'),
        { type: 'response-metadata', modelId: 'm-2' },
        ...blockParts('text', 'Hi.'),
        finishPart(),
      ],
    ])
    await run(aSession(), 'Go', { model, hooks, retryDelayMs: 1 }).result
    await run(aSession(), 'Go', { model: scriptedModel(['Hi.']), hooks }).result
    expect(told).toEqual([{ id: 'a', modelId: 'm-2' }, {}])
  })

  test('can replace the request, but never its signal (SPEC 58)', async () => {
    const model = scriptedModel(['ok'])
    const hooks: RunHooks = {
      beforeModel: ({ request }) => ({
        request: { ...request, temperature: 0, abortSignal: AbortSignal.abort() },
      }),
    }
    await run(aSession(), 'Go', { model, hooks }).result
    expect(model.requests[0]).toMatchObject({ temperature: 0 })
    expect(model.requests[0]!.abortSignal!.aborted).toBe(false)
  })

  test('that give what is no answer are a warning each, and passed over (SPEC 57)', async () => {
    const heard: unknown[] = []
    const look = (what: unknown) => heard.push(what) as never
    const hooks = { beforeModel: look, afterModel: look, beforeTool: look, afterTool: () => ({ veto: 1 }) }
    const session = aSession({ echo: echo() })
    const events = await eventsOf(run(session, 'Go', { model: calls(), hooks: hooks as never }))
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual([
      'The hook beforeModel gave what is not a veto, or another request: it is passed over.',
      'The hook afterModel gave what is not a veto: it is passed over.',
      'The hook beforeTool gave what is not a veto, or another input: it is passed over.',
      'The hook afterTool gave what is not a veto: it is passed over.',
      'The hook beforeModel gave what is not a veto, or another request: it is passed over.',
      'The hook afterModel gave what is not a veto: it is passed over.',
    ])
    expect([heard.length, historyOf(session).at(-1)]).toEqual([5, 'assistant: ok'])
  })

  test('that throw are a warning each, and the run goes on without them (SPEC 57)', async () => {
    const fail = (): never => {
      throw new Error('odd')
    }
    const hooks = { beforeModel: fail, afterModel: fail, beforeTool: fail, afterTool: fail }
    const session = aSession({ echo: echo() })
    const events = await eventsOf(run(session, 'Go', { model: calls(), hooks }))
    const warnings = events.filter((event) => event.type === 'warning')
    expect(warnings.map(({ about, message }) => `${about}: ${message}`)).toEqual([
      'hook: The hook beforeModel failed: odd',
      'hook: The hook afterModel failed: odd',
      'hook: The hook beforeTool failed: odd',
      'hook: The hook afterTool failed: odd',
      'hook: The hook beforeModel failed: odd',
      'hook: The hook afterModel failed: odd',
    ])
    expect(historyOf(session).at(-1)).toBe('assistant: ok')
  })

  test('that never answer do not keep a run from being aborted, and what ran is told as it was (SPEC 58)', async () => {
    const session = aSession({ echo: echo() })
    const hanging = gate()
    const hooks: RunHooks = {
      afterTool: () => {
        hanging.open()
        return new Promise(() => {})
      },
    }
    const running = run(session, 'Go', { model: calls(), hooks })
    const told = eventsOf(running)
    await hanging.opened
    running.abort()
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(historyOf(session).at(-1)).toBe('tool: = a')
    expect((await told).map(({ type }) => type)).not.toContain('warning')
  })
})

describe('a hook on events', () => {
  test('hears what a reader reads, and what runs within the run tell, with their place (SPEC 56)', async () => {
    const heard: string[] = []
    const hooks: RunHooks = {
      onEvent: ({ type }, { interaction, parent }) =>
        void heard.push(
          `${parent === undefined ? '' : `${parent.toolCallId} > `}${type} ${String(interaction.input)}`,
        ),
    }
    const inner = scriptedModel(['In.'])
    const ask = defineTool({
      description: 'Asks.',
      input: Type.Object({}),
      execute: async (_, call) =>
        (await run(call.interaction.child({ input: 'x' }), 'x', { parent: call, model: inner, hooks }).result)
          .text,
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_ask', id: 'c' }] }, 'Out.'])
    const events = await eventsOf(run(aSession({ ask }), 'Go', { model, hooks }))
    const own = heard.filter((line) => !line.includes('>'))
    expect(own).toEqual(events.map(({ type }) => `${type} Go`))
    expect(heard.filter((line) => line.includes('>'))).toEqual(
      events.flatMap((event) => (event.type === 'child' ? [`c > ${event.event.type} x`] : [])),
    )
  })

  test('finds the message in the history when the run begins (SPEC 56)', async () => {
    const session = aSession()
    const found: string[][] = []
    const onEvent: RunHooks['onEvent'] = ({ type }) =>
      void (type === 'run-start' && found.push(historyOf(session)))
    await run(session, 'Go', { model: scriptedModel(['Fine.']), hooks: { onEvent } }).result
    expect(found).toEqual([['user: Go']])
  })

  test('shows what it sets as the run starts to the model from the first step on, in this turn alone (SPEC 38, 45)', async () => {
    const session = aSession({}, { extra: { only: echo() } })
    class Found extends Context('found', { texts: Type.Array(Type.String(), { default: [] }) }) {}
    class FoundSection extends Section(
      'found',
      {},
      {
        needs: [Found],
        stability: 'turn',
        template: '<%= interactionContext.context.found.texts.join() %>',
      },
    ) {}
    register(session, Found, FoundSection)
    void session.sections.$get(FoundSection)
    const before = JSON.stringify(session)
    const hooks: RunHooks = {
      onEvent({ type }, { interaction }) {
        if (type !== 'run-start') return
        interaction.context.$get(Found).texts = ['known']
        interaction.tools.push('extra')
      },
    }
    const model = scriptedModel(['One.', 'Two.'])
    await run(session, 'Go', { model, hooks }).result
    await run(session, 'Go', { model }).result
    const seen = model.requests.map(({ prompt, tools }) => [
      prompt[0]!.content,
      tools?.map(({ name }) => name),
    ])
    expect(seen[0]).toEqual(['known', expect.arrayContaining(['extra_only'])])
    expect(JSON.stringify(seen[1])).not.toMatch(/known|extra/)
    session.messages.clear()
    expect(JSON.stringify(session)).toBe(before)
  })

  test('that fails hears no more; the others and the run go on (SPEC 22)', async () => {
    let [failing, other] = [0, 0]
    const hooks: RunHooks[] = [
      {
        onEvent: () => {
          failing++
          throw new Error('on purpose')
        },
      },
      { onEvent: () => void other++ },
    ]
    const events = await eventsOf(run(aSession(), 'Go', { model: scriptedModel(['ok']), hooks }))
    expect([failing, other]).toEqual([1, events.length])
    expect(events).toContainEqual({
      type: 'warning',
      about: 'hook',
      message: 'The hook onEvent failed, and hears no more: on purpose',
    })
  })
})

test('a hook on events that fails changes the order of them for nobody (SPEC 56)', async () => {
  const heard: string[] = []
  const hooks: RunHooks[] = [
    {
      onEvent: ({ type }) => {
        if (type === 'step-start') throw new Error('on purpose')
      },
    },
    { onEvent: ({ type }) => void heard.push(type) },
  ]
  const ask = defineTool({
    description: 'Asks.',
    input: Type.Object({}),
    execute: async (_, call) => {
      const options = { parent: call, model: scriptedModel(['In.']), hooks }
      return (await run(call.interaction.child(), 'x', options).result).text
    },
  })
  const model = scriptedModel([{ calls: [{ tool: 'kit_ask' }] }, 'Out.'])
  const events = await eventsOf(run(aSession({ ask }), 'Go', { model }))
  const inner = events.flatMap((event) => (event.type === 'child' ? [event.event.type] : []))
  expect(heard.slice(0, 3)).toEqual(['run-start', 'step-start', 'warning'])
  expect(inner).toEqual(heard)
})

test('a hook that fails at the end is told of before it, and the end is the last that any hears (SPEC 22, 56)', async () => {
  const heard: string[] = []
  const hooks: RunHooks[] = [
    {
      onEvent: ({ type }, { parent }) => {
        if (type === 'finish') throw new Error(parent === undefined ? 'outer' : 'inner')
      },
    },
    {
      onEvent: ({ type }, { parent }) =>
        void heard.push(parent === undefined ? type : `within ${String(parent.interaction.input)}: ${type}`),
    },
  ]
  const ask = defineTool({
    description: 'Asks.',
    input: Type.Object({}),
    execute: async (_, call) =>
      (await run(call.interaction.child(), 'x', { parent: call, model: scriptedModel(['In.']) }).result).text,
  })
  const model = scriptedModel([{ calls: [{ tool: 'kit_ask' }] }, 'Out.'])
  const events = await eventsOf(run(aSession({ ask }), 'Go', { model, hooks }))
  const inner = events.flatMap((event) => (event.type === 'child' ? [event.event] : []))
  for (const [all, name] of [
    [inner, 'inner'],
    [events, 'outer'],
  ] as const) {
    const message = `The hook onEvent failed, and hears no more: ${name}`
    expect(all.slice(-2)).toMatchObject([{ type: 'warning', about: 'hook', message }, { type: 'finish' }])
  }
  expect(heard.findLast((type) => type.startsWith('within'))).toBe('within Go: finish')
  expect(heard.indexOf('finish')).toBe(heard.length - 1)
})

describe('a hook on events that rejects', () => {
  test('is told of once, also where it has heard more by then (SPEC 22)', async () => {
    const stream = [
      { type: 'tool-input-start', id: 'c', toolName: 'kit_echo' },
      ...callParts('kit_echo', { text: 'a' }, 'c').slice(-1),
      finishPart('tool-calls'),
    ]
    const hooks = {
      onEvent: ({ type }: RunEvent) =>
        type === 'tool-input-end' || type === 'tool-call' ? Promise.reject(new Error(type)) : undefined,
    } as unknown as RunHooks
    const model = scriptedModel([stream, 'ok'])
    const events = await eventsOf(run(aSession({ echo: echo() }), 'Go', { model, hooks }))
    expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual([
      'The hook onEvent failed, and hears no more: tool-input-end',
    ])
  })

  test('hears no more, and does not end the process; nothing is told behind the end (SPEC 22, 56)', async () => {
    let [rejecting, late] = [0, 0]
    const last: string[] = []
    const hooks = [
      { onEvent: () => Promise.reject(new Error(`on purpose ${++rejecting}`)) },
      {
        onEvent: ({ type }: RunEvent) =>
          type === 'finish' ? Promise.reject(new Error(`late ${++late}`)) : undefined,
      },
      { onEvent: ({ type }: RunEvent) => void last.push(type) },
    ] as unknown as RunHooks[]
    const events = await eventsOf(run(aSession(), 'Go', { model: scriptedModel(['ok']), hooks }))
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))
    expect(warnings).toEqual(['The hook onEvent failed, and hears no more: on purpose 1'])
    await new Promise(setImmediate)
    expect([late, last.at(-1), events.at(-1)!.type]).toEqual([1, 'finish', 'finish'])
  })
})

describe('a hook around', () => {
  test('puts something in force for a model call and for the execution of a tool (SPEC 56)', async () => {
    const store = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const execute = async (): Promise<string> => {
      await new Promise(setImmediate)
      seen.push(store.getStore())
      return 'x'
    }
    const model = scriptedModel([
      () => (seen.push(store.getStore()), { calls: [{ tool: 'kit_echo', input: { text: 'a' } }] }),
      'ok',
    ])
    const named = (name: string): RunHooks => ({
      around: (call, work) => store.run(`${store.getStore() ?? ''}${name} ${call.kind} `, work),
    })
    await run(aSession({ echo: echo({ execute }) }), 'Go', { model, hooks: [named('1'), named('2')] }).result
    expect(seen).toEqual(['1 model 2 model ', '1 tool 2 tool '])
  })

  test('is told the input that a tool gets in the end', async () => {
    const inputs: Json[] = []
    await told({
      beforeTool: () => ({ input: { text: 'b' } }),
      around: (call, work) => (call.kind === 'tool' && inputs.push(call.input), work()),
    })
    expect(inputs).toEqual([{ text: 'b' }])
  })

  test.each<[string, RunHooks['around'], string]>([
    ['that fails first', () => expect.fail('on purpose'), 'The hook around failed: on purpose'],
    [
      'that fails afterwards',
      (_, work) => {
        void work()
        throw new Error('on purpose')
      },
      'The hook around failed: on purpose',
    ],
    ['that does not call', () => undefined as never, 'The hook around did not call what it was around.'],
    [
      'that gives nothing',
      (_, work) => void work() as never,
      'The hook around did not give what its work gave.',
    ],
  ])('%s is a warning, and the call is made once (SPEC 22)', async (_, around, message) => {
    let count = 0
    const session = aSession({ echo: echo({ execute: () => ++count }) })
    const model = calls()
    const events = await eventsOf(run(session, 'Go', { model, hooks: { around: around! } }))
    expect(events.at(-1)).toMatchObject({ finishReason: 'stop', text: 'ok' })
    expect([count, model.unused]).toEqual([1, 0])
    expect(events.filter((event) => event.type === 'warning').map((event) => event.message)).toEqual(
      Array.from({ length: 3 }, () => message),
    )
  })

  test.each<[string, (work: () => Promise<unknown>) => Promise<unknown>, readonly string[]]>([
    ['makes its work fail no more', (work) => work().catch(() => {}), []],
    ['fails after it', (work) => work().then(() => expect.fail('on purpose')), ['failed: on purpose']],
    ['calls it twice', (work) => work().then(work), []],
    ['calls it late', (work) => Promise.resolve().then(work), ['did not call what it was around.']],
  ])(
    'that is asynchronous and %s changes nothing of what came of it (SPEC 22, 57)',
    async (_, wrap, about) => {
      const around = ((_call: unknown, work: () => Promise<unknown>) => wrap(work)) as never
      let count = 0
      const session = aSession({ echo: echo({ execute: () => ++count }) })
      const model = scriptedModel([
        { calls: [{ tool: 'kit_echo', input: { text: 'a' } }] },
        'ok',
        { text: 'half', cut: true },
      ])
      const events = await eventsOf(run(session, 'Go', { model, hooks: { around } }))
      expect(events.at(-1)).toMatchObject({ finishReason: 'stop', text: 'ok' })
      expect([count, model.unused]).toEqual([1, 1])
      expect(events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))).toEqual(
        Array.from({ length: 3 }, () => about.map((what) => `The hook around ${what}`)).flat(),
      )
      const cut = run(session, 'Again', { model, hooks: { around } }).result
      await expect(cut).rejects.toMatchObject({ code: 'RETINUE_STREAM_CUT' })
      expect(historyOf(session).at(-1)).toBe('assistant (partial): half')
    },
  )
})
