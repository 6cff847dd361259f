// What a user does with the stranger's plugin, in two processes: `save` lives and prints what it saved, `load` gets
// that as its argument and goes on from it. Nothing but the published face is used.
import { AgentConfig, ChatSession, ChatUser, createRegistry, registry, type Patch } from '@retinue/kernel'
import { Conversions, plugin } from './index.js'

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`It does not hold: ${what}`)
  console.error(`  ${what}`)
}
const equal = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function save(): object {
  const user = new ChatUser({ id: 'ada' })
  const agent = new AgentConfig({ name: 'helper', tools: [] })
  const session = new ChatSession({ user, agent })
  const before = session.snapshot()
  const heard: string[] = []
  for (const event of [
    'configAdded',
    'contextAdded',
    'sectionAdded',
    'toolsetAdded',
    'contextRemoved',
  ] as const) {
    session.on(event, ({ type }) => heard.push(`${event} ${type}`))
  }
  const patches: Patch[] = []
  session.on('committed', (told) => patches.push(...told.patches))

  agent.tools.push('units')
  check(
    'a tool is appended, and its retinue arrives in order',
    equal(heard.splice(0), [
      'configAdded units',
      'contextAdded conversions',
      'contextAdded precision',
      'sectionAdded units',
      'toolsetAdded units',
    ]),
  )
  agent.tools.push('Rounding')
  const shared = session.context.precision
  agent.tools.remove('rounding')
  check(
    'a shared need stays while one toolset needs it',
    session.context.precision === shared && !heard.includes('contextRemoved precision'),
  )

  check(
    'registry default',
    session.config.units.digits === 2 && session.config.units.$source('digits') === 'registry',
  )
  agent.config.units.digits = 3
  check('agent layer', session.config.units.digits === 3)
  user.config.units.digits = 4
  check(
    'user layer, also through a followed field',
    session.config.units.digits === 4 && session.context.precision.digits === 4,
  )
  session.config.units.digits = 5
  check('session layer', session.config.units.digits === 5 && user.config.units.digits === 4)
  session.config.units.$reset('digits')
  check('and back', session.config.units.digits === 4)

  const saved = JSON.stringify(session)
  {
    using turn = session.interact({ input: 'Convert.' })
    using inner = turn.child({ input: 'Convert this.' })
    turn.context.conversions.recent = [{ from: 'km', to: 'mi', value: 1 }]
    check('a child sees its parent and shadows it', inner.context.conversions.count === 1)
    inner.context.conversions.note = 'inner'
    check(
      'and leaks nothing',
      turn.context.conversions.note === '' && session.context.conversions.count === 0,
    )
  }
  check('an interaction leaves no trace', JSON.stringify(session) === saved)

  using turn = session.interact({ input: 'Convert.' })
  turn.context.conversions.recent = [{ from: 'km', to: 'mi', value: 6.2 }]
  turn.promote(Conversions)
  check('but for what is promoted', session.context.conversions.count === 1)
  check('the prompt shows it', session.prompt().text.includes('Conversions so far: 1.'))
  check('and says where it comes from', session.prompt().parts[0]?.origin.package === 'retinue-plugin-units')
  check('explained', session.explain('context.precision').requestedBy[0]?.by === 'toolset:units')

  const replica = new ChatSession({ user, agent })
  replica.replay(patches)
  check(
    'patches replayed on an equal start give an equal end',
    equal({ ...replica.snapshot(), id: 0 }, { ...session.snapshot(), id: 0 }),
  )
  check('it started from nothing', equal(before.context, {}))
  return { user: user.snapshot(), agent: agent.snapshot(), session: session.snapshot() }
}

function load(saved: { user: object; agent: object; session: Record<string, never> }): void {
  const { user } = ChatUser.restore(saved.user)
  const { agent } = AgentConfig.restore(saved.agent)
  const { session, report } = ChatSession.restore(saved.session, { user, agent })
  check(
    'a fresh process has it as it was',
    report.ok && session.context.conversions.count === 1 && session.config.units.digits === 4,
  )
  check('and saves it as it was', equal(session.snapshot(), saved.session))
  session.close()

  const other = new AgentConfig({ name: 'other', tools: ['rounding'] })
  const changed = ChatSession.restore(saved.session, { user, agent: other })
  check(
    'another agent is reported, and the difference applied',
    changed.report.agent?.given === 'other' && changed.session.context.$has('precision'),
  )
  changed.session.tools.push('units')
  check('what was kept comes back into force', changed.session.context.conversions.count === 1)
  agent.tools.clear()
  check("a user's data outlives every tool", user.config.units.digits === 4)
  changed.session.close()

  const context = (type: string, item: object): object => ({
    ...saved.session,
    id: `with ${type}`,
    context: { [type]: item },
  })
  const old = ChatSession.restore(
    context('conversions', { version: 1, values: { last: { from: 'a', to: 'b', value: 1 } } }),
    { user, agent: other },
  )
  check(
    'partial values of version 1 are brought up to date',
    old.session.context.conversions.count === 1 && old.report.upgraded[0]?.from === 1,
  )
  const damaged = ChatSession.restore(
    context('conversions', { version: 3, values: { recent: 'rubbish', note: 'kept' } }),
    { user, agent: other, registry },
  )
  check(
    'damage falls back, is reported and kept',
    damaged.session.context.conversions.note === 'kept' &&
      damaged.session.snapshot().quarantine?.[0]?.value === 'rubbish',
  )

  const empty = createRegistry()
  const elsewhere = new ChatUser({ id: 'ada', registry: empty })
  const unknown = ChatSession.restore(saved.session, { user: elsewhere })
  const kept = unknown.session.snapshot()
  check(
    'an unknown plugin is kept word for word',
    equal(kept.context, saved.session['context']) && unknown.report.unknown.length > 0,
  )
  empty.register(plugin)
  check('and comes alive when it registers', unknown.session.context.conversions.count === 1)
}

const [phase, text] = process.argv.slice(2)
if (phase === 'save') console.log(JSON.stringify(save()))
else load(JSON.parse(text!) as never)

declare const process: { argv: string[] }
