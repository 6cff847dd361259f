import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { makeFolder } from './a-folder.ts'
import { bundleCommand, command, retinue, scriptedConfig } from './command.ts'

bundleCommand()

const files = { 'package.json': '{ "name": "demo", "type": "module" }', 'README.md': '# Demo\n' }

describe('retinue', () => {
  test('tells its version, helps with an example, and says what is wrong with a command line', async () => {
    const folder = makeFolder()
    const [version, help, sameHelp, command, flag, both] = await Promise.all([
      retinue(folder, ['--version']),
      retinue(folder, ['run', '--help']),
      retinue(folder, ['help', 'run']),
      retinue(folder, ['chta']),
      retinue(folder, ['chat', '--modle', 'x']),
      retinue(folder, ['chat', '-c', '-s', 'x']),
    ])
    expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Examples:') })
    expect(sameHelp).toEqual(help)
    expect(command).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Did you mean chat?') })
    expect(flag).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean --model?') })
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('cannot be used with') })
  })

  test('runs a message, says that no model is configured, and gives a pipe nothing but the answer', async () => {
    const folder = makeFolder(files)
    const { code, out, err } = await retinue(folder, ['run', 'Read README.md'])
    expect(code).toBe(0)
    expect(out).toContain('# Demo')
    expect(out).toMatch(/^offline model: no language model is configured/)
    expect(err).toContain('No model is configured')
    expect(err).toContain('✓ workspace_read path: "README.md"')
    expect(out + err).not.toContain('\u001B')
    expect(statSync(join(folder, '.retinue')).mode & 0o077).toBe(0)
    expect(readFileSync(join(folder, '.retinue', '.gitignore'), 'utf8')).toBe('*\n')
  })

  test('says what is wrong with a data folder that can not be made, at once', async () => {
    const { code, err } = await retinue(makeFolder(), ['sessions', '--data', '/proc/retinue'])
    expect(code).toBe(1)
    expect(err).toMatch(/'\/proc\/retinue' can't be used: .*RETINUE_CLI_DATA.*\n.*--data/)
  })

  test('colours where it is told to, and not where it is told not to', async () => {
    const folder = makeFolder(files)
    const [forced, not] = await Promise.all([
      retinue(folder, ['sessions', 'show', 'x'], { env: { FORCE_COLOR: '1' } }),
      retinue(folder, ['sessions', 'show', 'x'], { env: { NO_COLOR: '1' } }),
    ])
    expect(forced).toMatchObject({ code: 1, err: expect.stringContaining('\u001B[31merror:') })
    expect(not).toMatchObject({ code: 1, err: expect.stringMatching(/^error: No session of /) })
  })
})

describe('retinue in an application', () => {
  const application = (): string => makeFolder({ ...files, 'retinue.config.mjs': scriptedConfig() })

  test('chats in a pipe, keeps the session, and takes it up again', async () => {
    const folder = application()
    const first = await retinue(folder, ['chat'], {
      input:
        'one\ntwo \\\nlines\n/undo\n/nonsense\n/tools\tadd nothing\n/tools remove pres\n/model\n/model gpt-5\n',
    })
    expect(first).toMatchObject({ code: 0, out: 'You said: one ␛[2J\nYou said: two \nlines ␛[2J\n' })
    expect(first.err).toContain('The last turn is taken back. What its tools did stays')
    expect(first.err).toContain('There is no command /nonsense')
    expect(first.err).toMatch(/There is no toolset 'nothing'\. These there are: clock, .*press/)
    expect(first.err).toContain("There is no toolset 'pres'.")
    expect(first.err).toContain("  scripted/echo\nerror: 'gpt-5' names no model.")

    const second = await retinue(folder, ['chat', '--continue'], { input: 'three\\\nand more\n' })
    expect(second).toMatchObject({ code: 0, out: 'You said: three\nand more ␛[2J\n' })
    const listed = await retinue(folder, ['sessions', '--json'])
    expect(await retinue(folder, ['sessions', 'list', '--json'])).toEqual(listed)
    const { id, ...facts } = JSON.parse(listed.out) as { id: string }
    expect(facts).toMatchObject({ agent: 'echo', title: 'one', messages: 4 })
    const shown = await retinue(folder, ['sessions', 'show', id.slice(0, 6)])
    expect(shown.out).toMatch(/one[^]*^› three\n {2}and more\n\n {2}You said: three\n {2}and more/m)
    expect(shown.out).not.toContain('two')
  })

  test('goes on with another model in a chat', async () => {
    const provider = `export const openai = (modelId) => ({
      specificationVersion: 'v4', provider: 'openai', modelId, supportedUrls: {},
      doStream: async ({ prompt }) => ({ stream: ReadableStream.from([
        { type: 'text-start', id: 't' },
        { type: 'text-delta', id: 't', delta: modelId + ' knows of ' + prompt.map(({ role }) => role).slice(-3) },
        { type: 'text-end', id: 't' },
        { type: 'finish', finishReason: { unified: 'stop' }, usage: { inputTokens: {}, outputTokens: {} } },
      ]) }),
    })`
    const folder = makeFolder({
      ...files,
      'retinue.config.mjs': scriptedConfig(),
      'node_modules/@ai-sdk/openai/package.json': '{ "type": "module", "exports": "./index.js" }',
      'node_modules/@ai-sdk/openai/index.js': provider,
    })
    const said = await retinue(folder, ['chat'], {
      input: 'one\n/model openai/gpt-5\ntwo\n/model offline\nthree\n',
      env: { OPENAI_API_KEY: 'k' },
    })
    expect(said).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^You said: one ␛\[2J\ngpt-5 knows of user,assistant,user\noffline model: no language model/,
      ),
      err: expect.stringMatching(/ {2}openai\/gpt-5\n[^]* {2}offline\n/),
    })
    const asked = await retinue(folder, ['run', '--model', 'offline', 'four'])
    expect(asked).toMatchObject({ code: 0, out: expect.stringContaining('offline model') })
    expect(asked.err).not.toContain('No model is configured')
  })

  test('asks before a file is written, also where the policy of the configuration is none', async () => {
    const config = 'export default { run: { approvalPolicy: undefined } }'
    const folder = makeFolder({ ...files, 'retinue.config.mjs': config })
    const asked = await retinue(folder, ['run', 'Write a text file: path "a.txt", text "hello"'])
    expect(asked).toMatchObject({ code: 3, err: expect.stringContaining('yes to: workspace_write') })
    expect(existsSync(join(folder, 'a.txt'))).toBe(false)
  })

  test('stops for a yes that nobody can give, and says how to give it', async () => {
    const folder = application()
    const asked = await retinue(folder, ['run', 'press'])
    expect(asked).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringContaining('Waits for your yes to: press'),
    })
    const [yes, no] = await Promise.all([
      retinue(folder, ['run', '--yes', '--quiet', 'press']),
      retinue(folder, ['chat'], { input: 'press\n' }),
    ])
    expect(yes).toMatchObject({ code: 0, out: 'It says: "pressed red"\n', err: '' })
    const loud = await retinue(folder, ['run', '--yes', '--quiet', 'press', '-'], { input: 'loud\n' })
    expect(loud).toMatchObject({ out: 'It says: "pressed loud"\n', err: 'click\n' })
    expect(no.out).toContain('Nobody is there to ask')
    const signed = await Promise.all(
      (await sessionsIn(folder)).map((id) => retinue(folder, ['sessions', 'show', id])),
    )
    expect(new Set(signed.map(({ out }) => /^([✓✗] press\n {4}.*)/m.exec(out)?.[1]))).toEqual(
      new Set([
        undefined, // the one that waits
        '✓ press\n    pressed loud',
        '✓ press\n    pressed red',
        '✗ press\n    This call was not approved: Nobody is there to ask.',
      ]),
    )
  })

  test('takes a flag that is empty, as by a variable that is not set, for none', async () => {
    const empty = ['--model', '--agent', '--config', '--data'].flatMap((flag) => [flag, ''])
    const said = await retinue(application(), ['run', '-q', ...empty, 'hello'])
    expect(said).toMatchObject({ code: 0, out: 'You said: hello ␛[2J\n' })
  })

  test('what a configuration has opened holds no command that is done', async () => {
    const config = 'setInterval(() => {}, 1000); export default {}'
    const folder = makeFolder({ 'retinue.config.mjs': config })
    expect(await retinue(folder, ['sessions'])).toMatchObject({ code: 0 })
    expect(await retinue(folder, ['run', '-q', '-a', 'nobody', 'hi'])).toMatchObject({ code: 1 })
  })

  test('keeps sessions from the folder of the configuration that is named, and says of that one what is wrong', async () => {
    const folder = makeFolder({ 'other/retinue.config.mjs': "export default { dataFolder: 'kept' }" })
    const args = ['--config', join('other', 'retinue.config.mjs')]
    await retinue(folder, ['run', ...args, 'hello'])
    expect(existsSync(join(folder, 'other', 'kept', 'sessions.db'))).toBe(true)
    writeFileSync(join(folder, args[1]!), 'export default { user: { config: { nope: {} } } }')
    const health = await retinue(folder, ['doctor', ...args])
    expect(health.out).toMatch(/✗ .*other.retinue\.config\.mjs describes a user that can't be made/)
  })

  test('has the model of the agent speak that a tool hands the session on to', async () => {
    const config = scriptedConfig()
      .replace('import { definePlugin', 'import { AgentConfig, definePlugin')
      .replace(
        /^export default .*/m,
        `const calls = [{ type: 'tool-call', toolCallId: '1', toolName: 'transfer', input: '{}' }, finish('tool-calls')]
        const calling = { ...model, modelId: 'calling', doStream: async () => ({ stream: ReadableStream.from(calls) }) }
        const transfer = defineTool({
          description: 'Hands the session on.',
          input: Type.Object({}),
          execute(_, { session }) { session.agent = echo; return 'hello' },
        })
        const contributes = [defineToolset('transfer', { tools: { transfer } })]
        register(definePlugin({ name: 'transfer', version: '1.0.0', contributes }))
        const echo = new AgentConfig({ name: 'echo', model })
        export default { agents: [new AgentConfig({ name: 'desk', model: calling, tools: ['transfer'] }), echo] }`,
      )
    const said = await retinue(makeFolder({ ...files, 'retinue.config.mjs': config }), ['run', '-q', 'hi'])
    expect(said).toMatchObject({ code: 0, out: 'It says: "hello"\n' })
  })

  test('gives the events of a run as JSON, one a line', async () => {
    const { code, out, err } = await retinue(application(), ['run', '--json'], { input: 'hello\n' })
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
    expect(code).toBe(0)
    expect(err).toBe('')
    expect(events[0]).toMatchObject({ type: 'run-start', model: { provider: 'scripted', modelId: 'echo' } })
    expect(events.at(-1)).toMatchObject({ type: 'finish', text: 'You said: hello \u001B[2J' })
    expect(out).not.toContain('\u001B')
  })

  test('inspects a session, and examines the application', async () => {
    const folder = application()
    await retinue(folder, ['run', '-q', 'hello'])
    const id = await sessionIn(folder)
    const [text, json, health] = await Promise.all([
      retinue(folder, ['inspect', id.slice(0, 8)]),
      retinue(folder, ['inspect', id, '--json']),
      retinue(folder, ['doctor', '--json']),
    ])
    expect(text.out).toMatch(/prompt\n +\d+ {2}tool press/)
    expect(text.out).toMatch(/timeline\n.* 1 {2}messages: 0 → 1/)
    expect(JSON.parse(json.out)).toMatchObject({ id, agent: 'echo', messages: 2, toolsets: ['press'] })
    const { ok, findings } = JSON.parse(health.out) as { ok: boolean; findings: { text: string }[] }
    expect([health.code, ok]).toEqual([0, true])
    expect(findings.map((each) => each.text).join('\n')).toMatch(
      /press@1\.0\.0.*toolset press[^]*scripted\/echo/,
    )
  })

  test('says what of a session can not be used, and shows the rest as it is kept (SPEC 51)', async () => {
    const folder = application()
    await retinue(folder, ['run', '-q', 'hello'])
    const id = await sessionIn(folder)
    const database = new DatabaseSync(join(folder, '.retinue', 'sessions.db'))
    database.exec(`update entry set value = replace(value, '"role":"user"', '"role":"usr"')`)
    database.close()
    const notice = 'Not all of this session can be used (messages: its role is "usr"); retinue inspect '
    const [shown, kept] = await Promise.all([
      retinue(folder, ['sessions', 'show', id]),
      retinue(folder, ['sessions', 'show', id, '--json']),
    ])
    expect(shown).toMatchObject({ out: '  You said: hello ␛[2J\n\n', err: expect.stringContaining(notice) })
    expect(JSON.parse(kept.out)).toMatchObject({ id, agent: 'echo', quarantine: [{ at: 'messages' }] })
    const continued = await retinue(folder, ['run', '-c', 'again'])
    expect(continued.err).toContain(notice)
    const inspected = await retinue(folder, ['inspect', id])
    expect(inspected.out).toContain('set aside when it was loaded\n  messages: its role is "usr"\n')
  })

  test('names what a user has set and is set aside, by whichever version (SPEC 50)', async () => {
    const config = "export default { user: { id: 'ada', config: { clock: { timeZone: 'Europe/Zurich' } } } }"
    const folder = makeFolder({ 'retinue.config.mjs': config })
    await retinue(folder, ['run', '-q', 'hello'])
    const database = new DatabaseSync(join(folder, '.retinue', 'sessions.db'))
    database.exec(
      `update record set value = replace(value, '"version":1', '"version":99') where kind = 'user'`,
    )
    database.close()
    writeFileSync(join(folder, 'retinue.config.mjs'), "export default { user: { id: 'ada' } }")
    const health = await retinue(folder, ['doctor'])
    expect(health).toMatchObject({
      code: 0,
      out: expect.stringMatching(/· What ada has set is set aside: config\.clock: .*99/),
    })
  })

  test('calls itself what the person can type who began it by npm or its like', async () => {
    const folder = makeFolder(files)
    const [bare, byYarn] = await Promise.all([
      retinue(folder, ['sessions']),
      retinue(folder, ['sessions'], { env: { npm_config_user_agent: 'yarn/1.22.22 npm/? node/v24.22.3' } }),
    ])
    expect(bare.out).toContain(': retinue chat begins one.')
    expect(byYarn.out).toContain(': npx retinue chat begins one.')
  })

  test('names the user whose sessions it shows: a store may have those of others', async () => {
    const folder = makeFolder({ 'retinue.config.mjs': "export default { user: { id: 'ada' } }" })
    const [list, missing, health] = await Promise.all(
      [['sessions'], ['inspect', '3f'], ['doctor']].map((words) => retinue(folder, words)),
    )
    expect(list!.out).toBe('There is no session of ada yet: retinue chat begins one.\n')
    expect(missing!.err).toContain("No session of 'ada' has an id that begins with '3f'.")
    expect(health!.out).toContain('✓ 0 of ada in ')
  })

  test('examines the rest where sessions can not be read', async () => {
    const config = `
      const damaged = () => { throw new Error('It is damaged.') }
      const calls = ['get', 'transact', 'list', 'read', 'cursor', 'watch', 'lease', 'close']
      const store = Object.fromEntries(calls.map((call) => [call, damaged]))
      export default { store: () => ({ ...store, durability: 'commit' }) }`
    const folder = makeFolder({ 'retinue.config.mjs': config })
    const health = await retinue(folder, ['doctor'])
    expect(health).toMatchObject({ code: 1, err: '' })
    expect(health.out).toMatch(/^versions\n[^]*sessions\n {2}✗ It is damaged\.\n1 problem\.\n$/)
  })

  test.skipIf(!existsSync('/dev/full'))('fails where what it says can not be written, in one line', () => {
    const [program, ...words] = command().words
    const cwd = makeFolder()
    const { status, stderr } = spawnSync(program, [...words, 'sessions'], {
      cwd,
      env: { HOME: cwd },
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: What is said can not be written: ENOSPC[^\n]*\n$/)
  })

  test('keeps what was said before a run failed (SPEC 58)', async () => {
    const folder = application()
    const failed = await retinue(folder, ['run', 'cut'])
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('RETINUE_STREAM_CUT') })
    expect(failed.err).not.toContain('RETINUE_STORE_CLOSED')
    const shown = await retinue(folder, ['sessions', 'show', await sessionIn(folder)])
    expect(shown.out).toContain('You said: cut')
  })

  test.each([
    ['run', 'SIGTERM', 130],
    ['run', 'SIGHUP', 130],
    ['chat', 'SIGTERM', 1], // its input is over by then, and a turn of it was not answered
  ] as const)('keeps what was said where %s is ended by %s (SPEC 58)', async (name, endBy, code) => {
    const folder = application()
    const ended = await retinue(folder, [name], { input: 'slow\n', endBy })
    expect(ended.code).toBe(code)
    const shown = await retinue(folder, ['sessions', 'show', await sessionIn(folder)])
    expect(shown.out).toMatch(/You said: slow.*\(cut short\)/)
  })

  test('says so where what was said can not be kept, and fails', async () => {
    const args = { run: ['run', '--yes', '--quiet', 'press newer'], chat: ['chat', '--yes'] }
    for (const [name, input] of [
      ['run', ''],
      ['chat', 'press newer\n'],
    ] as const) {
      const outcome = await retinue(application(), args[name], { input })
      expect(outcome).toMatchObject({ code: 1, out: expect.stringContaining('pressed newer') })
      expect(outcome.err).toMatch(/^error: .* has the version 999.*\(RETINUE_SQLITE_NEWER\)/m)
      expect(outcome.err).not.toMatch(/^\s+at /m)
    }
  })

  test('goes on with a session whose agent is gone, and says with which', async () => {
    const folder = application()
    const file = join(folder, 'agents', 'guide.md')
    mkdirSync(join(folder, 'agents'))
    writeFileSync(file, 'Be brief.')
    await retinue(folder, ['run', '-q', '-a', 'guide', 'hello'])
    rmSync(file)
    const id = await sessionIn(folder)
    const inspected = await retinue(folder, ['inspect', id])
    const continued = await retinue(folder, ['run', '-c', 'again'])
    expect(inspected.out).toContain('It was with guide; shown is what it is with echo.')
    expect(continued.err).toContain(
      "The agent of this session, 'guide', is not there: 'echo' takes its place.",
    )
  })

  test('loads a configuration beside any package.json, or says what that lacks and where it fails', async () => {
    const [typeless, common, endless, spaced] = await Promise.all([
      retinue(makeFolder({ 'package.json': '{}', 'retinue.config.js': 'export default {}' }), ['sessions']),
      retinue(
        makeFolder({ 'package.json': '{ "type": "commonjs" }', 'retinue.config.js': "import 'node:fs'" }),
        ['sessions'],
      ),
      retinue(makeFolder({ 'retinue.config.mjs': 'await new Promise(() => {})' }), ['sessions']),
      retinue(join(makeFolder({ 'my äpp/retinue.config.mjs': '\nthrow new Error("not now")' }), 'my äpp'), [
        'sessions',
      ]),
    ])
    expect(typeless).toMatchObject({ code: 0, err: '' })
    expect(common).toMatchObject({ code: 1, err: expect.stringContaining('write "type": "module" there') })
    expect(endless).toMatchObject({
      code: 1,
      err: expect.stringContaining('await at its top level never ends'),
    })
    expect(spaced).toMatchObject({
      code: 1,
      err: expect.stringContaining('mjs could not be loaded (line 2): not now.'),
    })
  })

  test('says what is wrong and what to do, without a stack', async () => {
    const [broken, agent, unresolved, user] = await Promise.all([
      retinue(makeFolder({ 'retinue.config.mjs': "import 'nowhere'" }), ['chat']),
      retinue(application(), ['run', 'x', '--agent', 'nobody']),
      retinue(
        makeFolder({ 'retinue.config.mjs': "export default { agents: [{ name: 'a', tools: ['nope'] }] }" }),
        ['run', 'x'],
      ),
      retinue(
        makeFolder({
          'retinue.config.mjs': 'export default { user: { config: { workspace: { maxLines: 0 } } } }',
        }),
        ['doctor'],
      ),
    ])
    expect(unresolved).toMatchObject({
      code: 0,
      err: expect.stringMatching(/'nope'.*retinue doctor says more/),
    })
    expect(user).toMatchObject({ code: 1, out: expect.stringMatching(/mjs describes a user.*'maxLines'/) })
    expect(broken).toMatchObject({
      code: 1,
      err: expect.stringContaining('Install what it imports: npm i nowhere'),
    })
    expect(agent).toMatchObject({ code: 1, err: expect.stringContaining('These there are: echo') })
    for (const { err } of [broken, agent]) expect(err).not.toMatch(/^\s+at /m)
  })
})

describe('retinue init', () => {
  test('makes an application as npm create retinue does, and writes over nothing', async () => {
    const folder = makeFolder()
    const made = await retinue(folder, ['init', 'My Agent', '--plugin', '@retinue/plugin-workspace', '--yes'])
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('npm run chat') })
    const root = join(folder, 'My Agent')
    expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).toMatchObject({ name: 'my-agent' })
    expect(readFileSync(join(root, 'src', 'agent.ts'), 'utf8')).toContain("tools: ['workspace']")
    const again = await retinue(folder, ['init', 'My Agent', '--yes'])
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('is not an empty folder') })
    expect(existsSync(join(root, '.retinue'))).toBe(false)
  })
})

async function sessionIn(folder: string): Promise<string> {
  return (await sessionsIn(folder))[0] ?? ''
}

async function sessionsIn(folder: string): Promise<string[]> {
  const { out } = await retinue(folder, ['sessions', '--json'])
  const lines = out.trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { id: string }).id)
}
