import { Config, defineTool, defineToolset, Secret, type Tool, Type } from '@retinue/kernel'
import { describe, expect, test } from 'vitest'
import { run, type RunEvent, type RunOptions } from '../src/index.ts'
import { aSession, eventsOf, gate, historyOf, register } from './a-session.ts'
import { blockParts, finishPart, scriptedModel } from '@retinue/testing'

const nothing = Type.Object({})

/** A list in a list, so many levels deep. */
function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)]
}

/** Calls one tool, and gives what the model was told. */
async function told(tool: Tool, input: unknown = {}, options: RunOptions = {}): Promise<string> {
  const session = aSession({ tool })
  const model = scriptedModel([{ calls: [{ tool: 'kit_tool', input }] }, 'ok'])
  const { text } = await run(session, 'Go', { model, ...options }).result
  expect(text).toBe('ok')
  return historyOf(session)[2]!.slice('tool: '.length)
}

describe('the input of a tool call', () => {
  const ran: unknown[] = []
  const tool = defineTool({
    description: 'x',
    input: Type.Object({ path: Type.String(), limit: Type.Optional(Type.Integer({ minimum: 1 })) }),
    execute: (input) => void ran.push(input),
  })

  test('is checked before the tool runs, and the model is told what was wrong (SPEC 54)', async () => {
    const text = await told(tool, { path: 7, limit: 0 })
    expect(text).toContain("✗ The input does not fit the tool's schema, so the tool did not run:")
    expect(text).toContain('- /path: must be string')
    expect(text).toContain('- /limit: must be >= 1')
    expect(await told(tool, {})).toContain('- input: must have required properties path')
    expect(ran).toEqual([])
  })

  test.each([
    ['{"path": "a', '✗ The input is not JSON ('],
    ['[1]', '✗ The input must be a JSON object, and is: [1]'],
    ['"text"', '✗ The input must be a JSON object'],
    [`"${'x'.repeat(500)}"`, '… (502 characters)'],
    [JSON.stringify({ path: nested(5000) }), '✗ The input must not be nested deeper than 150'],
    ['{"path": [-1e999]}', '✗ The input must not hold a number beyond 1.8e308'],
  ])('is explained to the model where it is no object: %.20s (SPEC 54)', async (input, expected) => {
    expect(await told(tool, input)).toContain(expected)
    expect(ran).toEqual([])
  })

  test('may be empty for a tool that needs none (SPEC 54)', async () => {
    expect(await told(defineTool({ description: 'x', input: nothing, execute: () => 'fine' }), '')).toBe(
      '= fine',
    )
  })

  test('belongs to the tool: it may change it, and the history stays (SPEC 54)', async () => {
    const greedy = defineTool({
      description: 'x',
      input: Type.Object({ list: Type.Array(Type.Number()) }),
      execute: (input) => {
        input.list.push(4)
        return input
      },
    })
    const session = aSession({ greedy })
    const model = scriptedModel([{ calls: [{ tool: 'kit_greedy', input: { list: [1] } }] }, 'ok'])
    await run(session, 'Go', { model }).result
    expect(historyOf(session).slice(1, 3)).toEqual([
      'assistant: kit_greedy({"list":[1]})',
      'tool: = {"list":[1,4]}',
    ])
  })
})

describe('what a tool gives back', () => {
  test.each<[string, unknown, string]>([
    ['text', 'plain', '= plain'],
    ['JSON', { a: [1, null] }, '= {"a":[1,null]}'],
    ['null', null, '= null'],
    ['what is as deep as can be', nested(150), `= ${JSON.stringify(nested(150))}`],
    ['nothing', undefined, '= Done; the tool returned nothing.'],
    ['a date', new Date(0), '= 1970-01-01T00:00:00.000Z'],
    [
      'what is too deep',
      nested(151),
      '✗ What the tool returned is not JSON at /0/0/0/0/0/0/…: nested deeper than 150, or within itself',
    ],
    [
      'what JSON would lose',
      { seen: new Set([1]) },
      '✗ What the tool returned is not JSON at /seen: an instance of Set; give an array of what it holds: [...it]',
    ],
  ])('is shown to the model: %s (SPEC 54)', async (_, value, expected) => {
    expect(await told(defineTool({ description: 'x', input: nothing, execute: () => value }))).toBe(expected)
  })

  test('stays the property of the tool (SPEC 54)', async () => {
    const kept = { list: [1] }
    await told(defineTool({ description: 'x', input: nothing, execute: () => kept }))
    kept.list.push(2)
    expect(kept.list).toEqual([1, 2])
  })

  test('is checked against the schema that the tool declares for it (SPEC 54)', async () => {
    const tool = defineTool({
      description: 'x',
      input: nothing,
      output: Type.Object({ n: Type.Number() }),
      execute: () => ({ n: 'x' }),
    })
    expect(await told(tool)).toBe('✗ What the tool returned does not fit its own schema: /n must be number')
  })
})

describe('a tool that fails', () => {
  const failing = (thrown: unknown): Tool =>
    defineTool({
      description: 'x',
      input: nothing,
      execute: () => {
        throw thrown
      },
    })

  test('becomes a result that the model sees, whatever it throws (SPEC 57)', async () => {
    expect(await told(failing(new Error('disk full')))).toBe('✗ The tool failed: disk full')
    expect(await told(failing('just text'))).toBe('✗ The tool failed: just text')
    expect(await told(failing({ code: 7 }))).toBe('✗ The tool failed: {"code":7}')
    expect(
      await told(
        defineTool({ description: 'x', input: nothing, execute: () => Promise.reject(new Error('late')) }),
      ),
    ).toBe('✗ The tool failed: late')
  })

  test('or that does not exist, is answered with the names of those that do (SPEC 57)', async () => {
    const session = aSession({ one: failing(0), two: failing(0) })
    const model = scriptedModel([{ calls: [{ tool: 'kit_three' }] }, 'ok'])
    await run(session, 'Go', { model }).result
    expect(historyOf(session)[2]).toBe(
      "tool: ✗ There is no tool 'kit_three'. The tools are: kit_one, kit_two.",
    )
  })

  test('before it runs is answered for as well (SPEC 57)', async () => {
    const tool = defineTool({ description: 'x', input: nothing, execute: () => 'never' })
    const odd = {
      ...tool,
      input: { type: 'object', properties: { a: { $ref: 'nowhere' } } },
    } as never as Tool
    expect(await told(odd, { a: 1 })).toMatch(/^✗ /)
  })

  test('by taking too long is stopped and answered for (SPEC 57)', async () => {
    let reason: unknown
    const slow = (timeoutMs?: number): Tool =>
      defineTool({
        description: 'x',
        input: nothing,
        ...(timeoutMs !== undefined && { timeoutMs }),
        execute: (_, { signal }) =>
          new Promise(() => signal.addEventListener('abort', () => (reason = signal.reason))),
      })
    const expected =
      '✗ The tool did not answer within 5 ms and was stopped. It may have had effects until then.'
    expect(await told(slow(), {}, { toolTimeoutMs: 5 })).toBe(expected)
    expect(reason).toMatchObject({ name: 'TimeoutError' })
    expect(await told(slow(5), {}, { toolTimeoutMs: Infinity })).toBe(expected)
  })

  test('late finds that it was stopped when it asks for the first time (SPEC 57, 58)', async () => {
    const { opened, open } = gate()
    let late!: Promise<AbortSignal>
    const tool = defineTool({
      description: 'x',
      input: nothing,
      execute(_, call) {
        late = opened.then(() => call.signal)
        running.abort('enough')
        return late
      },
    })
    const running = run(aSession({ tool }), 'Go', {
      model: scriptedModel([{ calls: [{ tool: 'kit_tool' }] }]),
    })
    await eventsOf(running)
    open()
    expect(await late).toMatchObject({ aborted: true, reason: 'enough' })
  })

  test('late is not heard any more (SPEC 57)', async () => {
    const { opened, open } = gate()
    const { opened: told, open: tell } = gate()
    const tool = defineTool({
      description: 'x',
      input: nothing,
      timeoutMs: 5,
      execute: async (_, { emit }) => {
        await opened
        emit('late')
        tell()
        throw new Error('late')
      },
    })
    const session = aSession({ tool })
    const model = scriptedModel([
      { calls: [{ tool: 'kit_tool' }] },
      async function* () {
        open()
        await told
        yield* blockParts('text', 'ok')
        yield finishPart()
      },
    ])
    const events = await eventsOf(run(session, 'Go', { model }))
    expect(events.filter(({ type }) => type === 'tool-progress')).toEqual([])
    expect(historyOf(session).at(-1)).toBe('assistant: ok')
  })

  test.each([
    ['pure', 2, '= done'],
    ['idempotent', 2, '= done'],
    ['once', 1, '✗ The tool failed: gone'],
  ] as const)(
    'in passing is tried again only where it says that this does no harm: %s (SPEC 57)',
    async (effect, times, expected) => {
      let count = 0
      const tool = defineTool({
        description: 'x',
        input: nothing,
        effect,
        execute: () => {
          if (++count === 1) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' })
          return 'done'
        },
      })
      expect(await told(tool, {}, { retryDelayMs: 1 })).toBe(expected)
      expect(count).toBe(times)
    },
  )

  test.each([
    ['pure', new Error('gone'), {}, 2],
    ['idempotent', new Error('gone'), {}, 2],
    ['pure', new Error('gone'), { maxRetries: 0 }, 1],
    ['pure', Object.assign(new Error('gone'), { code: 'ENOENT' }), {}, 1],
    ['pure', new TypeError('gone'), {}, 1],
    ['once', new Error('gone'), {}, 1],
  ] as const)(
    'is tried once more, at once, where it does no harm and nobody knows better: %s, %s, %j (SPEC 57)',
    async (effect, error, options, times) => {
      let count = 0
      const execute = (): never => {
        count++
        throw error
      }
      const tool = defineTool({ description: 'x', input: nothing, effect, execute })
      expect(await told(tool, {}, { retryDelayMs: 1e9, ...options })).toBe('✗ The tool failed: gone')
      expect(count).toBe(times)
    },
  )
})

test('a tool that goes on failing in passing is tried as often as the run says, and no more (SPEC 57)', async () => {
  let count = 0
  const execute = (): never => {
    count++
    throw Object.assign(new Error('busy'), { status: 503 })
  }
  const tool = defineTool({ description: 'x', input: nothing, effect: 'pure', execute })
  expect(await told(tool, {}, { maxRetries: 3, retryDelayMs: 0 })).toBe('✗ The tool failed: busy')
  expect(count).toBe(4)
})

test('a tool that waits to be tried again is not, once its run is aborted (SPEC 57, 58)', async () => {
  let count = 0
  const execute = (): never => {
    count++
    throw Object.assign(new Error('busy'), { status: 503 })
  }
  const session = aSession({
    tool: defineTool({ description: 'x', input: nothing, effect: 'pure', execute }),
  })
  const model = scriptedModel([{ calls: [{ tool: 'kit_tool' }] }])
  const onEvent = ({ type }: RunEvent): void => {
    if (type === 'warning') running.abort()
  }
  const running = run(session, 'Go', { model, retryDelayMs: 60_000, hooks: { onEvent } })
  await expect(running.result).rejects.toThrow('RETINUE_RUN_ABORTED')
  expect(count).toBe(1)
})

describe('the tools of one step', () => {
  test('run in parallel up to a limit, and answer in the order of the calls (SPEC 56)', async () => {
    let running = 0
    let most = 0
    const tool = defineTool({
      description: 'x',
      input: Type.Object({ ms: Type.Number() }),
      execute: async ({ ms }) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, ms))
        running--
        return ms
      },
    })
    const session = aSession({ tool })
    const calls = [9, 1, 5, 1, 3].map((ms, i) => ({ tool: 'kit_tool', input: { ms }, id: `c${i}` }))
    await run(session, 'Go', { model: scriptedModel([{ calls }, 'ok']), maxParallelTools: 2 }).result
    expect(most).toBe(2)
    expect(historyOf(session)[2]).toBe('tool: = 9 | = 1 | = 5 | = 1 | = 3')
  })

  test('are looked up before the first of them runs (SPEC 56)', async () => {
    const leave = defineTool({
      description: 'x',
      input: nothing,
      execute: (_, { session }) => session.tools.exclude('kit'),
    })
    const stay = defineTool({ description: 'x', input: nothing, execute: () => 'done' })
    const session = aSession({ leave, stay })
    const calls = [{ tool: 'kit_leave' }, { tool: 'kit_stay' }]
    await run(session, 'Go', { model: scriptedModel([{ calls }, 'ok']) }).result
    expect(historyOf(session)[2]).toMatch(/= done$/)
  })

  test('send progress while they run (SPEC 56)', async () => {
    const tool = defineTool({
      description: 'x',
      input: nothing,
      execute: (_, { emit }) => {
        emit({ percent: 50 })
        return 'done'
      },
    })
    const model = scriptedModel([{ calls: [{ tool: 'kit_tool', id: 'c1' }] }, 'ok'])
    const events = await eventsOf(run(aSession({ tool }), 'Go', { model }))
    expect(events.find(({ type }) => type === 'tool-progress')).toEqual({
      type: 'tool-progress',
      toolCallId: 'c1',
      toolName: 'kit_tool',
      data: { percent: 50 },
    })
  })

  test("tell of their progress in JSON of the event's own, and hear where it is none (SPEC 56)", async () => {
    const tool = defineTool({
      description: 'x',
      input: nothing,
      execute: (_, { emit }) => {
        const done = { files: 1 }
        emit(done)
        done.files = 2
        emit(() => done)
      },
    })
    const session = aSession({ tool })
    const model = scriptedModel([{ calls: [{ tool: 'kit_tool' }] }, 'ok'])
    const events = await eventsOf(run(session, 'Go', { model }))
    const told = events.flatMap((event) => (event.type === 'tool-progress' ? [event.data] : []))
    expect(told).toEqual([{ files: 1 }])
    expect(historyOf(session)[2]).toContain('What the tool emitted is not JSON: a function; leave it out')
  })

  test('keep to their own results where a provider gives ids twice, or none (SPEC 57)', async () => {
    const tool = defineTool({
      description: 'x',
      input: Type.Object({ n: Type.Number() }),
      execute: ({ n }) => n,
    })
    const session = aSession({ tool })
    const call = (n: number, id: string) => ({ tool: 'kit_tool', input: { n }, id })
    const script = scriptedModel([
      { calls: [call(1, 'same'), call(2, 'same'), call(3, ''), call(4, '')] },
      { calls: [call(5, 'same')] },
      'ok',
    ])
    await run(session, 'Go', { model: script }).result
    const ids = [...session.messages].flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : [])),
    )
    expect(ids).toEqual(['same', 'same-2', 'call', 'call-2', 'same-3'])
    expect(historyOf(session)[2]).toBe('tool: = 1 | = 2 | = 3 | = 4')
  })
})

describe('a secret that a tool reads', () => {
  class Vault extends Config('vault', { key: Type.Optional(Secret()) }) {}

  async function talk(
    execute: Parameters<typeof defineTool>[0]['execute'],
    key = 's3cr"et',
    effect: Tool['effect'] = 'once',
  ): Promise<{ events: RunEvent[]; saved: string }> {
    const session = aSession()
    const output = key === 'text' ? 'content' : undefined
    const tool = defineTool({ description: 'x', input: nothing, output, effect, execute } as never)
    register(session, Vault, defineToolset('safe', { needs: [Vault], tools: { safe: tool } }))
    session.tools.push('safe')
    session.user.config.$set(Vault, { key: Secret.value(key) })
    const events = await eventsOf(
      run(session, 'Go', { model: scriptedModel([{ calls: [{ tool: 'safe' }] }, 'ok']) }),
    )
    return { events, saved: JSON.stringify(session.snapshot()) }
  }

  test('is readable during the call, and reaches neither events nor history (D17)', async () => {
    let seen: string | undefined
    const { events, saved } = await talk((_, { config, secret, emit }) => {
      seen = secret(config.$get(Vault), 'key')
      emit({ key: seen })
      return { text: `the key is ${seen}`, nested: [seen] }
    })
    expect(seen).toBe('s3cr"et')
    expect(JSON.stringify(events)).not.toContain('s3cr')
    expect(saved).not.toContain('s3cr')
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({
      output: { value: { text: 'the key is [secret]', nested: ['[secret]'] } },
    })
  })

  test.each(['4217', 'value', 'e', '"', '{'])(
    'is taken out of texts, keys and numbers, and breaks no result: %j (D17)',
    async (key) => {
      const { events } = await talk((_, { config, secret, emit }) => {
        const read = secret(config.$get(Vault), 'key')
        emit({ read })
        return { text: `-${read}-`, [`-${read}-`]: 4217, list: [null, true] }
      }, key)
      const told = events.flatMap((event) => (event.type === 'tool-progress' ? [event.data] : []))
      expect(Object.values(told[0] as object)).toEqual(['[secret]'])
      const result = events.find((event) => event.type === 'tool-result')
      expect(result).toMatchObject({ output: { type: 'json' } })
      const fields = Object.entries(result!.output.value as object)
      expect(fields[0]![1]).toBe('-[secret]-')
      expect(fields[1]).toEqual(['-[secret]-', key === '4217' ? '[secret]' : 4217])
      expect(fields[2]![1]).toEqual([null, true])
      expect(events.at(-1)).toMatchObject({ finishReason: 'stop' })
    },
  )

  test('is taken out of the parts of a result, whose form stays (D17)', async () => {
    const { events } = await talk((_, { config, secret }) => {
      const read = secret(config.$get(Vault), 'key')
      return [
        { type: 'text', text: `a ${read}` },
        { type: 'file', mediaType: 'image/png', data: 'QQ==', filename: `${read}.png` },
      ]
    }, 'text')
    expect(events.find((event) => event.type === 'tool-result')!.output.value).toEqual([
      { type: 'text', text: 'a [secret]' },
      { type: 'file', mediaType: 'image/png', data: 'QQ==', filename: '[secret].png' },
    ])
  })

  test('is taken out whole where another is a part of it (D17)', async () => {
    class Short extends Config('short', { key: Type.Optional(Secret()) }) {}
    const session = aSession()
    const tool = defineTool({
      description: 'x',
      input: nothing,
      execute: (_, { config, secret }) =>
        secret(config.$get(Short), 'key') + secret(config.$get(Vault), 'key'),
    })
    register(session, Vault, Short, defineToolset('safe', { needs: [Vault, Short], tools: { safe: tool } }))
    session.tools.push('safe')
    session.user.config.$set(Short, { key: Secret.value('ab') })
    session.user.config.$set(Vault, { key: Secret.value('abcd') })
    await run(session, 'Go', { model: scriptedModel([{ calls: [{ tool: 'safe' }] }, 'ok']) }).result
    expect(historyOf(session)[2]).toBe('tool: = [secret][secret]')
  })

  test('stays out of what the tool throws (D17)', async () => {
    const { saved } = await talk((_, { config, secret }) => {
      throw new Error(`GET /?key=${secret(config.$get(Vault), 'key')} failed`)
    })
    expect(saved).toContain('GET /?key=[secret] failed')
  })

  test('stays out of what is told of another attempt (D17)', async () => {
    let isFirst = true
    const { events } = await talk(
      (_, { config, secret }) => {
        const key = secret(config.$get(Vault), 'key')
        if (!isFirst) return 'fine'
        isFirst = false
        throw new Error(`GET /?key=${key} failed`)
      },
      undefined,
      'pure',
    )
    expect(events.find(({ type }) => type === 'warning')).toMatchObject({
      message: expect.stringContaining('GET /?key=[secret] failed') as string,
    })
  })

  test('is taken out also as JSON and addresses write it (D17)', async () => {
    const { events } = await talk((_, { config, secret }) => {
      const key = secret(config.$get(Vault), 'key')
      return `${JSON.stringify({ key })} https://a.example/?key=${encodeURIComponent(key)}`
    })
    expect(events.find((event) => event.type === 'tool-result')!.output.value).toBe(
      '{"key":"[secret]"} https://a.example/?key=[secret]',
    )
  })

  test('can not be read after the call, which is not heard any more either (SPEC 56, D17)', async () => {
    let read: (() => string) | undefined
    let say: (() => void) | undefined
    const session = aSession({
      tool: defineTool({
        description: 'x',
        input: nothing,
        execute: (_, { config, secret, emit }) => {
          const vault = config.$get(Vault)
          read = () => secret(vault, 'key')
          say = () => emit('late')
        },
      }),
    })
    register(session, Vault)
    session.user.config.$set(Vault, { key: Secret.value('s3cr"et') })
    const heard: string[] = []
    const model = scriptedModel([{ calls: [{ tool: 'kit_tool' }] }, () => (say!(), 'ok')])
    await run(session, 'Go', { model, hooks: { onEvent: ({ type }) => void heard.push(type) } }).result
    say!()
    expect(read).toThrow('RETINUE_SECRET_REFUSED')
    expect(heard).not.toContain('tool-progress')
  })
})
