import { readFileSync } from 'node:fs'
import { run, type RunEvent } from '@retinue/agent'
import {
  AgentConfig,
  ChatSession,
  ChatUser,
  Context,
  definePlugin,
  defineTool,
  defineToolset,
  Type,
} from '@retinue/kernel'
import { scriptedModel, testSession } from '@retinue/testing'
import { describe, expect, test } from 'vitest'
import { introduce, plugin } from '../src/index.ts'
import { assist, clone, makeOffice, team, turn } from './an-office.ts'

describe('an assistant', () => {
  test('works in a session of its own, and its answer is the result and is kept (SPEC 59)', async () => {
    const { session, models } = makeOffice({ geographer: ['Lima.'] })
    const { answers } = await turn(session, [[assist('The capital of Peru?')]])
    expect(answers).toEqual(['Lima.'])
    const [request] = models.geographer.requests
    expect(JSON.stringify(request!.prompt)).toContain('Know places.')
    expect(request!.prompt.at(-1)).toMatchObject({ role: 'user' })
    expect(JSON.stringify(request!.prompt)).not.toContain('Go.')
    expect(session.context.delegations.results).toMatchObject([
      { by: 'geographer', task: 'The capital of Peru?', text: 'Lima.', finishReason: 'stop', steps: 1 },
    ])
    expect(session.context.delegations.talks).toEqual({})
  })

  test('begins anew with each task, or goes on where it stopped, also after a restart (SPEC 49)', async () => {
    const { session, models, user, agent } = makeOffice({
      geographer: ['Lima.', 'Quito.', 'Nearer.', 'Still.'],
    })
    await turn(session, [[assist('Peru?')], [assist('Ecuador?', { goesOn: true })]])
    const { session: again } = ChatSession.restore(JSON.stringify(session), { user, agent })
    await turn(again, [[assist('And nearer to the sea?', { goesOn: true })], [assist('Chile?')]])
    expect(
      models.geographer.requests.map(({ prompt }) => prompt.filter(({ role }) => role !== 'system').length),
    ).toEqual([1, 1, 3, 1])
  })

  test('has its events shown within those of the run, and spends its budget (SPEC 56, 59)', async () => {
    const { session } = makeOffice({ geographer: ['Lima.'] })
    const { events } = await turn(session, [[assist('Peru?')]])
    const children = events.filter((event) => event.type === 'child')
    expect(new Set(children.map(({ toolCallId }) => toolCallId)).size).toBe(1)
    expect(children.map(({ event }) => event.type)).toContain('text-delta')

    const office = makeOffice({ geographer: ['Lima.', 'Quito.'] })
    const calls = [[assist('Peru?')], [assist('Ecuador?')]]
    const { events: spent } = await turn(office.session, calls, { budget: { steps: 3 } })
    expect(spent.at(-1)).toMatchObject({ type: 'finish', finishReason: 'budget' })
    expect(office.models.geographer.requests).toHaveLength(1)
  })

  test('that does not come to its end says why', async () => {
    const look = defineTool({
      description: 'Looks.',
      input: Type.Object({}),
      approval: true,
      execute: () => 'seen',
    })
    const { session, geographer, registry, user } = makeOffice({
      geographer: [{ text: 'Wait.', calls: [{ tool: 'look', input: {} }] }],
    })
    const looks = defineToolset('look', { tools: { look } })
    registry.register(definePlugin({ name: 'look', version: '1.0.0', contributes: [looks] }))
    geographer.tools.push('look')
    user.config.delegate.maxSteps = 1
    const { answers } = await turn(session, [[assist('Peru?')]])
    expect(answers[0]).toContain("Wait.\n\n('geographer' did not come to its end: ")
  })

  test('that fails is a result, and leaves its talk as it was (SPEC 57)', async () => {
    const { session } = makeOffice({ geographer: ['Lima.', new Error('no luck')] })
    const calls = [assist('Peru?', { goesOn: true })]
    await turn(session, [calls])
    const { talks } = session.context.delegations
    const { answers } = await turn(session, [calls])
    expect(answers[0]).toContain('no luck')
    expect(session.context.delegations.talks).toEqual(talks)
  })

  test('has nothing that is kept from whoever asks (SPEC 39, D8)', async () => {
    const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => 'seen' })
    const { session, geographer, registry, models } = makeOffice({ geographer: ['Blind.', 'Seeing.'] })
    const looks = defineToolset('look', { tools: { look } })
    registry.register(definePlugin({ name: 'look', version: '1.0.0', contributes: [looks] }))
    geographer.tools.push('look')
    session.tools.exclude('look')
    await turn(session, [[assist('Peru?', { goesOn: true })]])
    session.tools.include('look')
    await turn(session, [[assist('Peru?', { goesOn: true })]])
    const shown = models.geographer.requests.map(({ tools }) => (tools ?? []).map(({ name }) => name))
    expect(shown).toEqual([[], ['look']])
  })

  test('may ask others in turn, as deep as is allowed', async () => {
    const { session, agent, geographer, registry, models } = makeOffice({
      geographer: [{ calls: [{ tool: 'assist', input: { agent: 'mapper', task: 'Map?' } }] }, 'Asked.'],
    })
    const deeper = scriptedModel([
      (request) => (JSON.stringify(request.prompt).includes('Map?') ? 'A map.' : 'What?'),
    ])
    const mapper = new AgentConfig({ name: 'mapper', model: deeper, registry })
    geographer.tools.push('assist')
    introduce(geographer, { agent: mapper, description: 'Maps.' })
    const { answers } = await turn(session, [[assist('Peru?')]])
    expect(answers).toEqual(['Asked.'])
    expect(JSON.stringify(models.geographer.requests[1]!.prompt)).toContain('A map.')

    agent.config.delegate.maxDepth = 1
    geographer.config.delegate.maxDepth = 1
    const shallow = makeOffice({
      geographer: [{ calls: [{ tool: 'assist', input: { agent: 'mapper', task: 'Map?' } }] }, 'Asked.'],
    })
    shallow.geographer.tools.push('assist')
    shallow.geographer.config.delegate.maxDepth = 1
    introduce(shallow.geographer, {
      agent: new AgentConfig({ name: 'mapper', model: scriptedModel([]), registry: shallow.registry }),
      description: 'Maps.',
    })
    await turn(shallow.session, [[assist('Peru?')]])
    expect(JSON.stringify(shallow.models.geographer.requests[1]!.prompt)).toContain('RETINUE_DELEGATE_DEPTH')
  })
})

describe('who may be asked', () => {
  test('is told in the prompt, by role, and says nothing where there is nobody', () => {
    const { session, agent } = makeOffice()
    expect(session.prompt().text).toBe(
      'You can ask these agents with the assist tool:\n- geographer: Knows places.\n\n' +
        'You lead a team. Give its members tasks with the team tool:\n- writer: Writes well.',
    )
    expect(session.prompt().notices).toEqual([])
    agent.config.delegate.colleagues = []
    expect(session.prompt().text).toBe('')
  })

  test('is asked by its own tool only: an assistant is no member (D17)', async () => {
    const { session } = makeOffice()
    const { answers } = await turn(session, [
      [{ tool: 'team', input: { member: 'geographer', task: 'Peru?' } }],
      [{ tool: 'assist', input: { agent: 'nobody', task: 'Peru?' } }],
    ])
    expect(answers[0]).toContain("There is no member 'geographer'. You can ask: writer.")
    expect(answers[1]).toContain("There is no assistant 'nobody'. You can ask: geographer.")
  })

  test('is the application to say: neither users nor sessions may (D17)', () => {
    const { session, user } = makeOffice()
    const anybody = [{ name: 'anybody', role: 'assistant' as const, description: '' }]
    expect(() => (user.config.delegate.colleagues = anybody)).toThrow('RETINUE_VALUE_REFUSED')
    expect(() => (session.config.delegate.colleagues = anybody)).toThrow('RETINUE_VALUE_REFUSED')
  })

  test('is refused where it is none, with nobody introduced', () => {
    const { agent } = testSession({ plugins: [plugin] })
    const introduced = { agent, description: 'Knows places.' }
    expect(() => introduce(agent, introduced, { ...introduced, rol: 'member' } as never)).toThrow(
      "An introduction has no option 'rol'. Did you mean 'role'?",
    )
    expect(() => introduce(agent, { description: 'Maps.' } as never)).toThrow('An introduction has no agent.')
    expect(agent.config.delegate.colleagues).toEqual([])
  })

  test('is saved with the agent by name, and has to be introduced again in another process (SPEC 48)', async () => {
    const { agent, registry } = makeOffice()
    const { agent: again } = AgentConfig.restore(JSON.stringify(agent), { registry })
    expect(again.config.delegate.colleagues).toEqual(agent.config.delegate.colleagues)
    const session = new ChatSession({ user: new ChatUser({ id: 'bob', registry }), agent: again })
    const { answers } = await turn(session, [[assist('Peru?')]])
    expect(answers[0]).toContain('RETINUE_DELEGATE_ABSENT')
    const revision = again.revision
    const geographer = new AgentConfig({ name: 'geographer', model: scriptedModel(['Lima.']), registry })
    introduce(again, { agent: geographer, description: 'Knows places.' })
    expect(again.revision).toBe(revision)
    expect((await turn(session, [[assist('Peru?')]])).answers).toEqual(['Lima.'])
  })
})

describe('a member of a team', () => {
  test('remembers what it was asked, and forgets it for a task where it is told to', async () => {
    const { session, models } = makeOffice({ writer: ['One.', 'Two.', 'Three.'] })
    await turn(session, [[team('Begin')], [team('Go on')], [team('Afresh', { startsAnew: true })]])
    const lengths = models.writer.requests.map(
      ({ prompt }) => prompt.filter(({ role }) => role !== 'system').length,
    )
    expect(lengths).toEqual([1, 3, 1])
  })

  test('remembers what it was doing when somebody stopped it, and goes on from there (SPEC 58)', async () => {
    const { session, models } = makeOffice({
      writer: [{ text: 'One page.', calls: [{ tool: 'none' }] }, () => (stop.abort(), 'Late.'), 'Two pages.'],
    })
    const stop = new AbortController()
    const options = { signal: stop.signal }
    await expect(turn(session, [[team('Write')]], options)).rejects.toThrow('RETINUE_RUN_ABORTED')
    await turn(session, [[team('Go on')]])
    const { prompt } = models.writer.requests[2]!
    expect(prompt.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user'])
    expect(JSON.stringify(prompt)).toContain('One page.')
  })

  test('may have a name that every object has a member of', async () => {
    const { session, agent, registry } = makeOffice()
    const named = new AgentConfig({
      name: 'constructor',
      model: scriptedModel(['Built.', 'Again.']),
      registry,
    })
    introduce(agent, { agent: named, role: 'member', description: 'Builds.' })
    const calls = ['Build', 'Go on'].map((task) => [{ tool: 'team', input: { member: 'constructor', task } }])
    expect((await turn(session, calls)).answers).toEqual(['Built.', 'Again.'])
  })

  test('does tasks of one step one after the other, and loses none', async () => {
    const { session, models } = makeOffice({ writer: ['One.', 'Two.', 'Three.'] })
    const { answers } = await turn(session, [[team('a'), team('b'), team('c')]])
    expect(answers).toEqual(['One.', 'Two.', 'Three.'])
    expect(models.writer.requests[2]!.prompt.filter(({ role }) => role === 'user')).toHaveLength(3)
    expect(session.context.delegations.results).toHaveLength(3)
  })
})

describe('a clone', () => {
  test('sees what the session knows, has its tools but the one to clone, and leaves no trace but its result (SPEC 38, 39)', async () => {
    const { session } = makeOffice({}, ['clone'])
    const before = { ...session.snapshot(), messages: [], context: {} }
    const model = scriptedModel([
      { calls: [clone('Half of it'), clone('The other half')] },
      'One half.',
      'Other half.',
      'Whole.',
    ])
    const events: RunEvent[] = []
    for await (const event of run(session, 'Do it all', { model })) events.push(event)
    model.done()
    expect(model.requests.map(({ tools }) => (tools ?? []).map(({ name }) => name))).toEqual([
      ['clone'],
      [],
      [],
      ['clone'],
    ])
    expect(session.context.delegations.results.map(({ by, text }) => [by, text])).toEqual([
      ['clone', 'One half.'],
      ['clone', 'Other half.'],
    ])
    expect({ ...session.snapshot(), messages: [], context: {} }).toEqual(before)
  })

  test('leaves in the session what its tools keep there, as any turn does (D10)', async () => {
    const { session, agent, registry } = makeOffice({}, ['clone'])
    class Notes extends Context('notes', { text: Type.String({ default: '' }) }) {}
    const note = defineTool({
      description: 'Notes down.',
      input: Type.Object({}),
      execute: (_, { home }) => void (home.context.$get(Notes).text = 'half is done'),
    })
    const notes = defineToolset('note', { needs: [Notes], tools: { note } })
    registry.register(definePlugin({ name: 'note', version: '1.0.0', contributes: [Notes, notes] }))
    agent.tools.push('note')
    const steps = [{ calls: [clone('Half of it')] }, { calls: [{ tool: 'note' }] }, 'Half.', 'Whole.']
    await run(session, 'Do it all', { model: scriptedModel(steps) }).result
    expect(session.context.$get(Notes).text).toBe('half is done')
  })

  test('may not spend more than a task may cost', async () => {
    const { session, user } = makeOffice({}, ['clone'])
    user.config.delegate.$patch({ maxSteps: 1 })
    const model = scriptedModel([
      { calls: [clone('Loop')] },
      { calls: [{ tool: 'none', input: {} }] },
      'Done.',
    ])
    await run(session, 'Go', { model }).result
    expect(session.context.delegations.results).toMatchObject([{ finishReason: 'max-steps', steps: 1 }])
  })
})

test('results are kept up to a number', async () => {
  const { session, user } = makeOffice({ writer: ['One.', 'Two.', 'Three.'] })
  user.config.delegate.maxResults = 2
  await turn(session, [[team('a')], [team('b')], [team('c')]])
  expect(session.context.delegations.results.map(({ task }) => task)).toEqual(['b', 'c'])
})

test('the toolsets leave nothing behind but what was kept (SPEC 30)', async () => {
  const { session, agent } = makeOffice({ geographer: ['Lima.'] }, [])
  const before = JSON.stringify(session)
  agent.tools.push('assist', 'team', 'clone')
  await turn(session, [[assist('Peru?')]])
  session.messages.clear()
  session.context.delegations.$reset()
  agent.tools.clear()
  expect(JSON.stringify(session)).toBe(before)
})

test('a toolset of one interaction keeps its results there (SPEC 40)', async () => {
  const { session } = makeOffice({ geographer: ['Lima.'] }, [])
  const before = JSON.stringify(session)
  {
    using outer = session.interact()
    outer.tools.push('assist')
    const model = scriptedModel([{ calls: [assist('Peru?')] }, 'Done.'])
    await run(outer, 'Go', { model }).result
    expect(model.requests).toHaveLength(2)
  }
  expect(JSON.stringify(session)).toBe(before)
})

test('what version 1 saved comes back as it was (SPEC 49, 50)', () => {
  const { user, agent } = makeOffice()
  const saved = readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')
  const { session, report } = ChatSession.restore(saved, { user, agent })
  expect([report.ok, report.unknown]).toEqual([true, []])
  expect(session.snapshot()).toEqual(JSON.parse(saved))
  expect(Object.keys(session.context.delegations.talks)).toEqual(['writer'])
})
