import { readFileSync, writeFileSync } from 'node:fs'
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, estimateTokens } from '@retinue/kernel'
import { callTool, scriptedModel } from '@retinue/testing'
import { expect, test } from 'vitest'
import { makeSession, skill } from './a-session.ts'

const forms = {
  'pdf-forms/SKILL.md': skill('pdf-forms', 'Read forms.md.\nFill the form.', 'Fills PDF forms.'),
  'pdf-forms/forms.md': 'Fields come first.',
  'pdf-forms/scripts/fill.py': 'print()',
  'bad/SKILL.md': 'x',
}

test('the prompt lists names and descriptions, the tools give the rest when it is needed (SPEC 45, 55)', async () => {
  const { session } = await makeSession(forms)
  const model = scriptedModel([
    { calls: [{ tool: 'skills_load', input: { name: 'pdf-forms' } }] },
    { calls: [{ tool: 'skills_read', input: { name: 'pdf-forms', path: 'forms.md' } }] },
    'Done.',
  ])
  const answers: unknown[] = []
  for await (const event of run(session, 'Fill the form.', { model })) {
    if (event.type === 'tool-result') answers.push(event.output.value)
  }
  model.done()
  expect(answers).toEqual([
    'Read forms.md.\nFill the form.\n\nFiles of the skill, to be read with skills_read: forms.md, scripts/fill.py',
    'Fields come first.',
  ])
  expect(session.prompt().text).toMatch(/and follow it\.\n- pdf-forms: Fills PDF forms\.$/)
  expect(session.prompt().text).not.toContain('Fill the form.')
})

test('a skill that is none is told, and the others work', async () => {
  const { session, problems } = await makeSession(forms)
  expect(problems.map(({ code }) => code)).toEqual(['RETINUE_SKILLS_INVALID'])
  using turn = session.interact()
  await expect(callTool(turn, 'skills_load', { name: 'bad' })).rejects.toThrow(
    "[RETINUE_SKILLS_UNKNOWN] There is no skill 'bad'. The skills are: pdf-forms.",
  )
  expect(await callTool(turn, 'skills_load', { name: 'pdf-forms' })).toContain('Fill the form.')
})

test('nothing outside of the skill is read', async () => {
  const { session, at } = await makeSession({ ...forms, secret: 'SECRET', 'other/SKILL.md': skill('other') })
  using turn = session.interact()
  for (const path of ['../secret', '../other/SKILL.md', at('secret'), 'scripts/../../secret']) {
    await expect(callTool(turn, 'skills_read', { name: 'pdf-forms', path })).rejects.toMatchObject({
      code: 'RETINUE_SKILLS_FILE',
      message: expect.not.stringContaining(at('pdf-forms')),
    })
  }
})

test('neither a session nor an interaction says where skills lie (SPEC D17)', async () => {
  const { session, at } = await makeSession(forms)
  using turn = session.interact()
  const stolen = [{ name: 'etc', description: 'x', folder: at('') }]
  for (const { config, sections } of [session, turn]) {
    expect(() => (config.skills.available = stolen)).toThrow('RETINUE_VALUE_REFUSED')
    expect(() => (config.skills.maxFileBytes = 1e9)).toThrow('RETINUE_VALUE_REFUSED')
    expect(() => (sections.skills.available = stolen)).toThrow('RETINUE_VALUE_REFUSED')
  }
})

test('a skill grants nothing: tools that its head allows are not there', async () => {
  const text = '---\nname: greedy\ndescription: Wants all.\nallowed-tools: Bash Write toolbelt\n---\nGo.'
  const { session } = await makeSession({ 'greedy/SKILL.md': text })
  const before = session.tools.published().map(({ name }) => name)
  using turn = session.interact()
  expect(await callTool(turn, 'skills_load', { name: 'greedy' })).toBe('Go.')
  expect(turn.tools.published().map(({ name }) => name)).toEqual(before)
  expect(before).toEqual(['skills_load', 'skills_read'])
})

test('what changes on the disk is seen at the next load, and a skill that broke says so', async () => {
  const { session, at } = await makeSession(forms)
  using turn = session.interact()
  writeFileSync(at('pdf-forms/SKILL.md'), skill('pdf-forms', 'New.'))
  expect(await callTool(turn, 'skills_load', { name: 'pdf-forms' })).toContain('New.')
  writeFileSync(at('pdf-forms/SKILL.md'), 'broken')
  await expect(callTool(turn, 'skills_load', { name: 'pdf-forms' })).rejects.toMatchObject({
    code: 'RETINUE_SKILLS_INVALID',
  })
})

test('limits hold, and long texts come in pages', async () => {
  const { agent, session } = await makeSession({
    ...forms,
    'pdf-forms/long.md': 'x\n'.repeat(600),
    'pdf-forms/SKILL.md': skill('pdf-forms', 'y\n'.repeat(600)),
  })
  using turn = session.interact()
  const read = (input: object) =>
    callTool(turn, 'skills_read', { name: 'pdf-forms', path: 'long.md', ...input })
  expect(await read({})).toContain('continue with offset 501')
  expect(await read({ offset: 501 })).not.toContain('continue')
  expect(await callTool(turn, 'skills_load', { name: 'pdf-forms' })).toMatch(
    /continue with offset 501\]\n\nFiles of the skill/,
  )
  expect(await callTool(turn, 'skills_load', { name: 'pdf-forms', offset: 501 })).toMatch(/^y\n[y\n]*$/)
  agent.config.skills.maxFileBytes = 100
  await expect(read({})).rejects.toThrow('files up to 100 are read')
})

test('the section follows what there is, and shrinks to names where descriptions are many (SPEC 33, 47)', async () => {
  const { user, agent, session } = await makeSession()
  expect(session.prompt().text).toBe('')
  const many = Array.from({ length: 100 }, (_, i) => ({
    name: `s${i}`,
    description: 'd'.repeat(1000),
    folder: '/x',
  }))
  agent.config.skills.available = many.slice(0, 2)
  expect(session.prompt().text).toContain('- s0: ddd')
  agent.config.skills.available = many
  const { text, notices } = session.prompt()
  expect(estimateTokens(text)).toBeLessThan(500)
  expect(text).toMatch(/\n- s99$/)
  expect(notices.map(({ kind }) => kind)).toContain('shrunk')
  user.config.skills.available = []
  expect(session.prompt().text).toBe('')
})

test('the toolset comes and goes without a trace (SPEC 29, 30)', async () => {
  const { user, agent, session } = await makeSession(forms)
  agent.tools.remove('skills')
  const events: string[] = []
  for (const what of ['config', 'context', 'section', 'toolset'] as const) {
    session.on(`${what}Added`, ({ type }) => void events.push(`+ ${what} ${type}`))
    session.on(`${what}Removed`, ({ type }) => void events.push(`- ${what} ${type}`))
  }
  const before = JSON.stringify([session, user, agent])
  agent.tools.push('skills')
  {
    using turn = session.interact()
    await callTool(turn, 'skills_load', { name: 'pdf-forms' })
    await callTool(turn, 'skills_read', { name: 'pdf-forms', path: 'forms.md' })
    session.prompt({ interaction: turn })
  }
  agent.tools.remove('skills')
  expect(events.filter((event) => !event.endsWith('config skills'))).toEqual([
    '+ section skills',
    '+ toolset skills',
    '- section skills',
    '- toolset skills',
  ])
  expect(JSON.stringify([session, user, agent])).toBe(before)
})

test('what version 1 saved comes back as it was (SPEC 49, 50)', async () => {
  const { registry, user } = await makeSession()
  const saved = JSON.parse(readFileSync(new URL('fixtures/v1.json', import.meta.url), 'utf8')) as Record<
    'agent' | 'session',
    object
  >
  const { agent, report: ofAgent } = AgentConfig.restore(saved.agent, { registry })
  const { session, report } = ChatSession.restore(saved.session, { user, agent, registry })
  expect([ofAgent.ok, report.ok, report.unknown, report.parked]).toEqual([true, true, [], []])
  expect({ agent: agent.snapshot(), session: session.snapshot() }).toEqual(saved)
  expect(session.prompt().text).toContain('- pdf-forms: Fills forms.')
})

test('of thousands of skills as many are named as there is room for, and the others are counted', async () => {
  const { session, agent } = await makeSession({})
  agent.config.skills.available = Array.from({ length: 3000 }, (_, i) => ({
    name: `skill-${i}`,
    description: 'x'.repeat(100),
    folder: '/nowhere',
  }))
  const { text } = session.prompt()
  expect(text).toMatch(/and follow it\.\n- skill-0\n[^]*\n- and \d+ more, whose names are too many to tell$/)
  expect(estimateTokens(text)).toBeLessThan(4000)
  const missing = await callTool(session, 'skills_load', { name: 'none' }).catch(String)
  expect(missing).toMatch(
    /The skills are: skill-0, [^]{5000,13000} more, whose names are too many to tell\.$/,
  )
})
