import {
  type AssistantMessage,
  ChatSession,
  defineTool,
  type Json,
  type Message,
  type Tool,
  Type,
} from '@retinue/kernel'
import { scriptedModel, type ScriptedRequest } from '@retinue/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compactHistory,
  dropResults,
  resume,
  run,
  type RunHooks,
  type RunOptions,
  summarise,
} from '../src/index.ts'
import { aSession, eventsOf, historyOf, say, typesOf } from './a-session.ts'

const page = 'word '.repeat(400)
const look = defineTool({
  description: 'Looks.',
  input: Type.Object({}),
  effect: 'pure',
  execute: () => page,
})
/** A call, with the tokens that a provider would have counted. */
const call =
  (id: string) =>
  ({ prompt }: ScriptedRequest) => ({
    calls: [{ tool: 'kit_look', id }],
    usage: [JSON.stringify(prompt).length / 4, 5] as const,
  })

const resultOf = (toolCallId: string, value: string) => ({
  type: 'tool-result' as const,
  toolCallId,
  toolName: 'look',
  output: { type: 'text' as const, value },
})

/** What the model is shown, in short. */
function shown({ prompt }: ScriptedRequest): string[] {
  return prompt.map(({ role, content }) => {
    const text = JSON.stringify(content)
    if (role === 'tool') return text.includes('was taken out') ? 'dropped' : 'result'
    return text.includes('summary of the conversation') ? 'summary' : role
  })
}

describe('a history that comes near to what the model takes', () => {
  test('loses its old results first, for the model alone, which can read them on (SPEC 53)', async () => {
    const session = aSession({ look })
    const steps = ['a', 'b', 'c', 'd', 'e', 'f'].map(call)
    const read = { calls: [{ tool: 'read_result', input: { toolCallId: 'a' } }] }
    const model = scriptedModel([...steps, read, 'Done.'])
    const events = await eventsOf(run(session, 'Go', { model, maxContextTokens: 3300 }))
    model.done()
    expect(events.at(-1)).toMatchObject({ finishReason: 'stop' })
    const [compaction] = events.filter((event) => event.type === 'compaction')
    expect(compaction!.tokensAfter).toBeLessThan(compaction!.tokensBefore)
    expect(shown(model.requests[6]!)).toContain('dropped')
    expect(model.requests[6]!.tools!.map(({ name }) => name)).toEqual(['kit_look', 'read_result'])
    expect(historyOf(session).filter((line) => line === `tool: = ${page}`)).toHaveLength(7)
  })

  test('tells of nothing where a strategy makes nothing smaller (SPEC 56)', async () => {
    const model = scriptedModel([...['a', 'b', 'c'].map(call), 'Done.'])
    const options = { model, maxContextTokens: 1500, compact: dropResults({ keep: 3 }) }
    const events = await eventsOf(run(aSession({ look }), 'Go', options))
    expect(typesOf(events)).not.toContain('compaction')
    expect(shown(model.requests[3]!)).not.toContain('dropped')
  })

  test('loses what a provider found itself with the call for it, which the model can read on (SPEC 53)', async () => {
    const session = aSession()
    const own = (id: string, value: string): AssistantMessage['parts'][number][] => [
      {
        type: 'provider',
        provider: 'test',
        content: { type: 'tool-call', toolCallId: id, toolName: 'fetch', input: {}, providerExecuted: true },
      },
      {
        type: 'provider',
        provider: 'test',
        content: { type: 'tool-result', toolCallId: id, toolName: 'fetch', output: { type: 'json', value } },
      },
    ]
    const linked = { test: { citation: 'm' } }
    const answer = (...parts: AssistantMessage['parts'][number][]): void => {
      session.messages.push(say('Look'), { role: 'assistant', parts })
    }
    const thought = { type: 'reasoning', text: 'Hm.', providerMetadata: linked } as const
    const said = { type: 'text', text: 'Found.', providerMetadata: linked } as const
    answer(thought, ...own('a', page), ...own('b', 'short'), said)
    answer(
      ...own('c', page),
      { type: 'text', text: 'It is "c".' },
      { ...said, providerMetadata: { x: { from: 'c' } } },
    )
    answer(own('d', page)[0]!, { type: 'text', text: 'It takes long.' })
    answer(...own('e', page), said)
    const before = session.messages.items
    const read = { calls: [{ tool: 'read_result', input: { toolCallId: 'a', offset: 0 } }] }
    const model = scriptedModel([read, 'Done.'])
    const options = { model, maxContextTokens: 1600, compact: dropResults({ keep: 0 }) }
    await run(session, 'Go', options).result
    const answers = model.requests[0]!.prompt.filter(({ role }) => role === 'assistant')
    const [one, two, three, four] = answers.map(({ content }) => content as { type: string }[])
    const note = `fetch: [A result of 2002 characters was taken out to make room. read_result({"toolCallId":"a","offset":0}) shows it.]`
    expect(one).toEqual([
      { type: 'text', text: note },
      expect.objectContaining({ type: 'tool-call', toolCallId: 'b' }),
      expect.objectContaining({ type: 'tool-result', toolCallId: 'b' }),
      { type: 'text', text: 'Found.' },
    ])
    // What is linked to something that stays, is not whole, or is the last, stays as it is.
    expect([two!.length, three!.length, four!.length]).toEqual([4, 2, 3])
    expect(session.messages.items.slice(0, before.length)).toEqual(before)
    expect(historyOf(session).at(-2)).toBe(`tool: = ${JSON.stringify(page)}`)
  })

  test('keeps what a provider found itself where its answer hangs on that, or on what is elsewhere (SPEC 53)', async () => {
    const part = (content: { type: string; [key: string]: Json }) =>
      ({ type: 'provider', provider: 'test', content }) as const
    const own = (id: string) => part({ type: 'tool-call', toolCallId: id, toolName: 'fetch', input: {} })
    const result = (id: string, value: string) => {
      const output = { type: 'json', value } as const
      return part({ type: 'tool-result', toolCallId: id, toolName: 'fetch', output })
    }
    const drawn = part({ type: 'reasoning-file', mediaType: 'image/png', data: 'aGk=' })
    const linked = { test: { itemId: 'm' } }
    const thought = { type: 'reasoning', text: 'Hm.', providerMetadata: linked } as const
    const call = { type: 'tool-call', toolCallId: 'x', toolName: 'kit_look', input: {} } as const
    const kept: AssistantMessage['parts'][] = [
      [thought, own('a'), result('a', 'short')],
      [thought, own('b'), result('b', page), call],
      [own('c'), result('d', page)],
    ]
    const session = aSession({ look })
    const answers: typeof kept = [
      ...kept,
      [drawn, own('e'), result('e', page)],
      [{ type: 'text', text: 'So.' }],
    ]
    for (const parts of answers)
      session.messages.push(
        { role: 'assistant', parts },
        ...(parts.includes(call) ? [{ role: 'tool', parts: [resultOf('x', 'seen')] } as const] : []),
      )
    const messages = session.messages.items
    const compacted = await dropResults({ keep: 0 })({ messages } as Parameters<typeof compactHistory>[0])
    const { messages: shown } = compacted as { messages: readonly Message[] }
    const said = shown.filter(({ role }) => role === 'assistant')
    expect(said.slice(0, 3).map(({ parts }) => parts)).toEqual(kept)
    const note = expect.stringMatching(/^fetch: \[A result of 2002 characters was taken out/) as string
    expect(said[3]!.parts).toEqual([{ type: 'text', text: note }])
  })

  test('is summed up by a request like those of its steps, which asks for no data and writes no cache (SPEC 53)', async () => {
    for (const version of ['v3', 'v4'] as const) {
      const session = aSession({ look })
      session.messages.push(
        { role: 'user', parts: [{ type: 'file', mediaType: 'image/png', data: 'aGk=' }] },
        {
          role: 'assistant',
          parts: [{ type: 'tool-call', toolCallId: 'a', toolName: 'kit_look', input: {} }],
        },
        { role: 'tool', parts: [{ ...resultOf('a', page), toolName: 'kit_look' }] },
      )
      const script = scriptedModel(['They looked.', '{"n":1}'], { version })
      const model = Object.assign(script, { provider: 'anthropic.messages' })
      const output = Type.Object({ n: Type.Number() })
      const options = { model, output, maxResultChars: 1000, maxContextTokens: 3000, compact: summarise }
      await run(session, page.repeat(5), options).result
      const [aside, step] = model.requests
      for (const { tools } of [aside!, step!])
        expect(tools!.map(({ name }) => name)).toEqual(['kit_look', 'read_result'])
      const [file] = aside!.prompt[0]!.content as { data: unknown }[]
      expect(file!.data).toEqual(version === 'v4' ? { type: 'data', data: 'aGk=' } : 'aGk=')
      expect(JSON.stringify(aside!.prompt)).toContain('Characters 0 to')
      expect([aside!.responseFormat, step!.responseFormat?.type]).toEqual([undefined, 'json'])
      const marked = [aside, step].map((request) => JSON.stringify(request).includes('cacheControl'))
      expect(marked).toEqual([false, true])
    }
  })

  test('is summed up with all that tools found also behind Bedrock, which can not be told to call none (SPEC 53)', async () => {
    for (const provider of ['test', 'amazon-bedrock']) {
      const session = aSession({ look })
      const script = scriptedModel([{ calls: [{ tool: 'kit_look' }] }, 'I looked.', 'They looked.', 'Done.'])
      const model = Object.assign(script, { provider })
      await run(session, 'Look', { model }).result
      await run(session, page.repeat(5), { model, maxContextTokens: 3000, compact: summarise }).result
      const { tools, toolChoice } = model.requests[2]!
      expect(tools).toHaveLength(1)
      expect(toolChoice).toEqual(provider === 'test' ? { type: 'none' } : undefined)
    }
  })

  test('is summed up where that is not enough; the summary is kept, and so is the history (SPEC 48, 53)', async () => {
    const session = aSession()
    for (let i = 0; i < 8; i++) {
      session.messages.push(say(`${i} ${page}`), {
        role: 'assistant',
        parts: [{ type: 'text', text: `answer ${i}` }],
      })
    }
    const model = scriptedModel(['They talked of words.', 'Fine.'])
    const options = { model, maxContextTokens: 4000 }
    const { text, usage, steps } = await run(session, 'And now?', options).result
    expect([text, steps, usage.inputTokens]).toEqual(['Fine.', 1, 20])
    expect(model.requests[0]!.prompt.at(-1)).toMatchObject({ role: 'user' })
    expect(shown(model.requests[1]!)[0]).toBe('summary')
    expect(model.requests[1]!.prompt.length).toBeLessThan(8)
    expect(session.messages.length).toBe(19)

    const { user, agent } = session
    const again = ChatSession.restore(JSON.stringify(session), { user, agent }).session
    const next = scriptedModel(['Yes.'])
    await run(again, 'Still there?', { model: next }).result
    expect(shown(next.requests[0]!)[0]).toBe('summary')
    expect(next.requests[0]!.prompt.length).toBe(model.requests[1]!.prompt.length + 2)
  })

  test('is summed up piece by piece where the model can not take it at once (SPEC 58)', async () => {
    const session = aSession()
    for (let i = 0; i < 12; i++) {
      session.messages.push(
        say(`<${i}> ${page}`),
        {
          role: 'assistant',
          parts: [{ type: 'tool-call', toolCallId: `c${i}`, toolName: 'look', input: {} }],
        },
        { role: 'tool', parts: [resultOf(`c${i}`, `seen ${i}`)] },
      )
    }
    const model = scriptedModel(['Up to here.', 'And to here.', 'And to there.', 'Fine.'])
    await run(session, 'And now?', { model, maxContextTokens: 3000 }).result
    model.done()
    const texts = model.requests.map(({ prompt }) => JSON.stringify(prompt))
    for (const text of texts) expect(text.length / 4).toBeLessThan(3000)
    expect(texts.map((text) => [...text.matchAll(/<(\d+)>/g)].map(([, i]) => Number(i)))).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8, 9],
      [10],
      [11],
    ])
    expect(texts.map((text) => / to t?here/.exec(text)?.[0])).toEqual([
      undefined,
      ' to here',
      ' to here',
      ' to there',
    ])
  })

  test('is summed up by a call that hooks are told of, too, and may veto (SPEC 56, 59)', async () => {
    for (const isVetoed of [false, true]) {
      const session = aSession()
      session.messages.push(say(page))
      const model = scriptedModel([...(isVetoed ? [] : ['A summary.']), 'Fine.'])
      const told: string[] = []
      const hooks: RunHooks = {
        beforeModel({ step, request }) {
          if (isVetoed && step === 0) return { veto: 'not this' }
          return { request: { ...request, temperature: step } }
        },
        around: ({ kind }, work) => (told.push(kind), work()),
        afterModel: ({ step, message }) => void told.push(`${step}: ${message!.parts.length}`),
      }
      const options = {
        model,
        hooks,
        maxContextTokens: 500,
        budget: { steps: isVetoed ? 1 : 2 },
        compact: summarise,
      }
      const events = await eventsOf(run(session, 'Go', options))
      expect(events.at(-1)).toMatchObject({ finishReason: 'stop', text: 'Fine.' })
      expect(model.requests.map(({ temperature }) => temperature)).toEqual(isVetoed ? [1] : [0, 1])
      expect(told).toEqual(isVetoed ? ['model', '1: 1'] : ['model', '0: 1', 'model', '1: 1'])
      const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))
      const vetoed: string = expect.stringContaining('A hook stopped the run: not this')
      expect(warnings).toEqual(isVetoed ? [vetoed] : [])
    }
  })

  test('is sent as it is where a hook keeps its summary, or it says nothing (SPEC 57)', async () => {
    const keeping: RunHooks = { afterModel: ({ step }) => (step === 0 ? { veto: 'not that' } : undefined) }
    for (const [summary, hooks, warnings] of [
      ['A summary.', keeping, 1],
      [' ', [], 0],
    ] as const) {
      const session = aSession()
      session.messages.push(say(page))
      const model = scriptedModel([summary, 'Fine.'])
      const events = await eventsOf(run(session, 'Go', { model, hooks, maxContextTokens: 500 }))
      expect(events.filter(({ type }) => type === 'warning')).toHaveLength(warnings)
      expect(historyOf(session).slice(1)).toEqual(['user: Go', 'assistant: Fine.'])
      expect(shown(model.requests[1]!)).toEqual(['user', 'user'])
    }
  })

  test('is sent as it is where it is one message, which nobody can make smaller (SPEC 57)', async () => {
    const model = scriptedModel(['Long.'])
    const events = await eventsOf(run(aSession(), page, { model, maxContextTokens: 300 }))
    expect(events.at(-1)).toMatchObject({ finishReason: 'stop', text: 'Long.' })
    expect(typesOf(events)).not.toContain('compaction')
  })

  test('is sent as it is where the strategy fails or has nothing (SPEC 57)', async () => {
    for (const compact of [
      () => undefined,
      () => Promise.reject(new Error('no idea')),
    ] satisfies RunOptions['compact'][]) {
      const session = aSession({ look })
      const model = scriptedModel([call('a'), call('b'), 'Done.'])
      await run(session, 'Go', { model, maxContextTokens: 600, compact }).result
      expect(model.requests.map(({ prompt }) => prompt.length)).toEqual([1, 3, 5])
    }
  })

  test('can be aborted while a strategy is at it, and never answers (SPEC 58)', async () => {
    const session = aSession()
    session.messages.push(say(page))
    const running = run(session, 'Go', {
      model: scriptedModel([]),
      maxContextTokens: 500,
      compact: () => {
        queueMicrotask(() => running.abort())
        return new Promise(() => {})
      },
    })
    const told = eventsOf(running)
    await expect(running.result).rejects.toMatchObject({ code: 'RETINUE_RUN_ABORTED' })
    expect(typesOf(await told)).not.toContain('warning')
  })

  test('stays as it was made where a model that speaks another version takes over (SPEC 57)', async () => {
    const session = aSession({ look })
    const steps = ['a', 'b', 'c', 'd', 'e'].map(call)
    const first = scriptedModel([...steps, new Error('down')])
    const other = scriptedModel(['Done.'], { version: 'v3' })
    const options = { maxContextTokens: 2900, maxRetries: 0, compact: dropResults({ keep: 1 }) }
    await run(session, 'Go', { model: [first, other], ...options }).result
    expect(shown(first.requests[5]!)).toContain('dropped')
    expect(shown(other.requests[0]!)).toEqual(shown(first.requests[5]!))
  })

  test('is asked for as it has to be given, where a strategy gives the messages alone', async () => {
    const compact = (({ messages }: { messages: unknown }) => messages) as RunOptions['compact'] & object
    const { result } = run(aSession({ look }), 'Go', {
      model: scriptedModel([call('a')]),
      maxContextTokens: 600,
      compact,
    })
    await expect(result).rejects.toThrow(/it gave neither messages nor a summary\. Give \{ messages \} or/)
  })

  test('is refused in pieces, or empty: a call without its result, a result without its call (SPEC 57)', async () => {
    const torn: RunOptions['compact'][] = [
      ({ messages }) => ({ messages: messages.slice(-1) }),
      ({ messages }) => ({ messages: messages.slice(0, -1) }),
      () => ({ summary: 'x', keepFrom: 2 }),
      () => ({ summary: 'x', keepFrom: 99 }),
      () => ({ summary: ' ', keepFrom: 1 }),
      () => ({ messages: [] }),
      () => 'shorter' as never,
      () => null as never,
    ]
    for (const compact of torn) {
      const session = aSession({ look })
      const model = scriptedModel([call('a')])
      const { result } = run(session, 'Go', { model, maxContextTokens: 600, compact })
      await expect(result).rejects.toMatchObject({ code: 'RETINUE_COMPACTION_INVALID' })
      expect(session.messages.length).toBe(3)
    }
  })

  test('stays smaller where a question that was left open is closed by whoever goes on (SPEC 58)', async () => {
    const pay = defineTool({ ...look, description: 'Pays.', effect: 'once', approval: true })
    const session = aSession({ look, pay })
    const asking = scriptedModel([...['a', 'b', 'c'].map(call), { calls: [{ tool: 'kit_pay' }] }])
    await run(session, 'Go', { model: asking }).result
    const model = scriptedModel(['Fine.'])
    const options = { model, maxContextTokens: 1500, compact: dropResults({ keep: 0 }) }
    const events = await eventsOf(run(session, 'Never mind', options))
    expect(typesOf(events)).toContain('compaction')
    expect(shown(model.requests[0]!).filter((each) => each === 'dropped')).toHaveLength(3)
    expect(historyOf(session)[8]).toMatch(/^tool: ✗ This call did not run: it needed an approval/)
  })

  test('is what a run that goes on was about, as the user said it, and not its summary (SPEC 59)', async () => {
    const inputs: unknown[] = []
    const execute: Tool['execute'] = (_, { interaction }) => void inputs.push(interaction.input)
    const session = aSession({ look, pay: defineTool({ ...look, approval: true, execute }) })
    const steps = [call('a'), call('b'), 'They looked.', { calls: [{ tool: 'kit_pay', id: 'p' }] }]
    const options = { model: scriptedModel(steps), maxContextTokens: 900, compact: summarise }
    await run(session, 'Go', options).result
    expect(historyOf(session)[3]).toMatch(/^user: \[A summary/)
    await resume(session, { p: true }, { model: scriptedModel(['Done.']) }).result
    expect(inputs).toEqual(['Go'])
  })

  test('is tried to be compacted once a run where that fails, and by the next run again (SPEC 57)', async () => {
    const session = aSession({
      look: defineTool({
        description: 'Looks.',
        input: Type.Object({}),
        effect: 'pure',
        execute: () => 'seen',
      }),
    })
    session.messages.push(...Array.from({ length: 20 }, () => say(page)))
    let tries = 0
    const compact: RunOptions['compact'] = (call) => {
      if (tries++ === 0) throw new Error('no network')
      return summarise(call)
    }
    const options = { maxContextTokens: 11_000, compact }
    const done = (request: ScriptedRequest) => ({ ...call('')(request), calls: [], text: 'Done.' })
    const model = scriptedModel([...['a', 'b', 'c'].map(call), done, 'They looked.', 'Fine.'])
    await run(session, 'Go', { model, ...options }).result
    expect(tries).toBe(1)
    await run(session, 'More', { model, ...options }).result
    expect(tries).toBe(2)
    expect(shown(model.requests[5]!)[0]).toBe('summary')
  })

  test('that could not be made smaller, and is too long, is tried again with what came since (SPEC 57)', async () => {
    const session = aSession({ look })
    const model = scriptedModel([call('a'), 'They looked.', 'Done.'])
    const options = { model, maxContextTokens: 1000, compact: summarise }
    const { text } = await run(session, 'word '.repeat(1200), options).result
    expect([text, shown(model.requests[2]!)[0]]).toEqual(['Done.', 'summary'])
  })

  test('is compacted once a run where the prompt takes all of the room, which is told (SPEC 57)', async () => {
    const session = aSession({ look })
    session.agent!.instructions = page
    const model = scriptedModel([...['a', 'b', 'c'].map(call), 'Done.'])
    let tries = 0
    const compact: RunOptions['compact'] = ({ messages }) => ({ messages: messages.slice(0, ++tries) })
    const events = await eventsOf(run(session, 'Go', { model, compact, maxContextTokens: 300 }))
    const told = events.filter(({ type }) => type === 'warning')
    expect(told).toMatchObject([{ about: 'prompt', message: expect.stringContaining('no room') as string }])
    expect(tries).toBe(1)
  })

  test('is shown as it is again once somebody edits what was compacted (SPEC 53)', async () => {
    const session = aSession({ look })
    const model = scriptedModel([call('a'), call('b'), 'Done.', 'Again.'])
    const compact = dropResults({ keep: 0 })
    await run(session, 'Go', { model, maxContextTokens: 800, compact }).result
    expect(shown(model.requests[2]!)).toContain('dropped')
    session.messages.set(0, say('Go on'))
    await run(session, 'More', { model }).result
    expect(shown(model.requests[3]!)).not.toContain('dropped')
  })

  test('is shown with what others add to it meanwhile (SPEC 53)', async () => {
    const session = aSession({ look })
    const model = scriptedModel([call('a'), call('b'), 'Done.'])
    const compact: RunOptions['compact'] = (compacting) => {
      session.messages.push(say('News.'))
      return dropResults({ keep: 0 })(compacting)
    }
    await run(session, 'Go', { model, maxContextTokens: 800, compact }).result
    const { prompt } = model.requests[2]!
    expect(shown(model.requests[2]!)).toContain('dropped')
    expect(prompt.at(-1)!.content).toEqual([{ type: 'text', text: 'News.' }])
  })

  test('is sent as it is where somebody edits it meanwhile, and no call loses its result (SPEC 58)', async () => {
    const session = aSession({ look })
    const model = scriptedModel([call('a'), call('b'), 'Done.'])
    const compact: RunOptions['compact'] = () => {
      session.messages.insert(0, say('Once.'))
      return { summary: 'They looked.', keepFrom: 3 }
    }
    const events = await eventsOf(run(session, 'Go', { model, maxContextTokens: 800, compact }))
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []))
    expect(warnings).toEqual([
      'The history could not be compacted, and is sent as it is: it was edited meanwhile',
    ])
    const result = `tool: = ${page}`
    const looked = ['assistant: kit_look({})', result, 'assistant: kit_look({})', result]
    expect(historyOf(session)).toEqual(['user: Once.', 'user: Go', ...looked, 'assistant: Done.'])
  })

  test('has to come to half of what the prompt and the longest answer leave (SPEC 53)', async () => {
    const session = aSession({ look })
    session.messages.push(say('word '.repeat(4000)))
    const most: number[] = []
    const compact: RunOptions['compact'] = ({ maxTokens }) => void most.push(maxTokens)
    const settings = { maxOutputTokens: 1000 }
    const options = { model: scriptedModel(['ok']), maxContextTokens: 6000, settings, compact }
    await run(session, 'Go', options).result
    expect(most).toEqual([(6000 - session.prompt().tokens - 1000) / 2])
    expect(session.prompt().tokens).toBeGreaterThan(0)
  })

  test('is taken for as long as the provider counts it, up to twice or half (SPEC 59)', async () => {
    const long = say('word '.repeat(4000))
    for (const [inputTokens, share] of [
      [100_000, 2],
      [7500, 1.5],
      [100, 0.5],
    ] as const) {
      const session = aSession({ look })
      session.messages.push(long)
      const counted: number[] = []
      const compact: RunOptions['compact'] = ({ count }) => void counted.push(count([long]))
      const model = scriptedModel([{ calls: [{ tool: 'kit_look' }], usage: [inputTokens, 5] }, 'ok'])
      await run(session, 'Go', { model, maxContextTokens: 2500, compact }).result
      expect(counted[1]! / counted[0]!).toBeCloseTo(share, 1)
    }
  })

  test('spends the budget of its run (SPEC 59)', async () => {
    const session = aSession({ look })
    const model = scriptedModel([call('a')])
    const options: RunOptions = { model, maxContextTokens: 600, compact: summarise, budget: { steps: 1 } }
    expect(await run(session, 'Go', options).result).toMatchObject({ finishReason: 'budget' })
    expect(model.requests).toHaveLength(1)
  })
})

test('a strategy never separates a call from its result, whatever the history (SPEC 57)', async () => {
  const text =
    (role: 'user' | 'assistant') =>
    (length: number): Message[] => [{ role, parts: [{ type: 'text', text: 'x'.repeat(length) }] }]
  const called = (i: number, asked: string, value: string): Message[] => [
    {
      role: 'assistant',
      parts: [{ type: 'tool-call', toolCallId: `c${i}`, toolName: 'look', input: { asked } }],
    },
    { role: 'tool', parts: [resultOf(`c${i}`, value)] },
  ]
  const kinds = [
    text('user'),
    text('assistant'),
    (length: number, i: number) => called(i, '', 'x'.repeat(length)),
    (length: number, i: number) => called(i, 'x'.repeat(length), ''),
  ]
  const history = fc
    .array(fc.tuple(fc.nat(3), fc.nat(4000)), { minLength: 1, maxLength: 30 })
    .map((turns) => turns.flatMap(([kind, length], i) => kinds[kind]!(length, i)))
  await fc.assert(
    fc.asyncProperty(history, fc.integer({ min: 10, max: 5000 }), async (messages, maxContextTokens) => {
      const session = aSession()
      session.messages.push(...messages)
      const answer = ({ prompt }: ScriptedRequest): string =>
        JSON.stringify(prompt.at(-1)).includes('Sum up the conversation') ? 'Summed up.' : 'Fine.'
      const model = scriptedModel(Array.from({ length: 18 }, () => answer))
      const options = { model, maxContextTokens, compact: compactHistory }
      expect(await run(session, 'Go', options).result).toMatchObject({ text: 'Fine.', steps: 1 })
      for (const { prompt } of model.requests) {
        const ids = (type: string) =>
          prompt.flatMap(({ content }) =>
            typeof content === 'string' ? [] : content.filter((part) => part.type === type),
          ) as { toolCallId: string }[]
        const calls = ids('tool-call').map(({ toolCallId }) => toolCallId)
        expect(ids('tool-result').map(({ toolCallId }) => toolCallId)).toEqual(calls)
      }
      expect(session.messages.items.filter((message) => !('summary' in message))).toHaveLength(
        messages.length + 2,
      )
      session.close()
    }),
    { numRuns: 60 },
  )
})
