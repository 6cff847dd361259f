import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { makeFolder } from './a-folder.ts'
import { bundleCommand, retinue, scriptedConfig } from './command.ts'
import { hasTmux, Terminal, type TerminalOptions } from './terminal.ts'

bundleCommand()
const open: Terminal[] = []
afterEach(() => open.splice(0).forEach((each) => each.close()))

function start(args: readonly string[], options: TerminalOptions): Terminal {
  const terminal = new Terminal(args, options)
  open.push(terminal)
  return terminal
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const ready = /^›$/m

/** A folder whose agent plays a script. */
function application(files: Readonly<Record<string, string>> = {}): string {
  const settings = { 'package.json': '{ "type": "module" }', 'retinue.config.mjs': scriptedConfig() }
  return makeFolder({ ...settings, ...files })
}

/** A chat that waits for its first message. */
async function chatIn(cwd: string, options: Omit<TerminalOptions, 'cwd'> = {}): Promise<Terminal> {
  const terminal = start(['chat'], { ...options, cwd })
  await terminal.shows(ready)
  return terminal
}

describe.skipIf(!hasTmux)('a chat in a terminal (wants tmux)', () => {
  test('renders answers, edits lines, asks, aborts, and takes a killed session up again', async () => {
    const cwd = application()
    const first = await chatIn(cwd)

    // A paste of several lines is one message; what came in is rendered, and nothing of it is obeyed.
    first.paste('# one\n\n- *two*')
    await first.shows('… - *two*')
    first.press('Enter')
    const pasted = await first.shows(/1 step, /)
    expect(pasted).toMatch(/You said: # one\s+- two ␛\[2J/)

    // A tab in what is pasted is one, and completes nothing.
    first.paste('```\nall:\n\tmake\n```')
    expect(await first.shows(/… ```$/)).toMatch(/^… {7}make$/m)
    first.press('Enter')
    await first.shows('You said: ``` all: make')
    first.press('Up', 'Enter')
    await first.shows(/(You said: ``` all: make[^]*){2}\n›$/)

    // Nothing that is pasted is a key: ^A would go to the beginning, ^D leave, ^Z stop.
    first.paste('red \u001B[31mink\u001B[0m\u0001\u0004\u001A,')
    await first.shows('red ink,')
    first.type(' and more')
    first.press('Enter')
    await first.shows('You said: red ink, and more')

    first.type('/he')
    first.press('Tab', 'Enter')
    await first.shows('takes the last turn back')

    // A call that wants a yes is asked for, also after the process was killed while it asked.
    first.type('press it')
    first.press('Enter')
    await first.shows('○ No, and say why')
    process.kill(first.pid(), 'SIGKILL')
    await first.shows('ended with 137')
    const second = start(['chat', '--continue'], { cwd })
    await second.shows('The last turn waits for your answer about press')
    second.type('/continue')
    second.press('Enter')
    const question = await second.shows('○ No, and say why')
    expect(question).toContain('button: "red"')
    // What is written is no yes by being ended: it was meant for somebody else.
    second.type('hello')
    second.press('Enter')
    const refused = await second.shows("'hello' is none of the answers. Run press?")
    expect(refused).toMatch(/■ +Run press\?\n│ +hello\n/)
    second.paste('\nyes\n\n')
    second.type('n')
    await second.shows('● No')
    second.press('BSpace')
    second.type('YES')
    await second.shows(/answers.*\n.*● Yes/)
    second.press('Enter')
    expect(await second.shows('It says: "pressed red"')).toContain('✓ press button: "red"')

    // An answer that never ends is aborted; what is typed meanwhile waits its turn.
    second.type('slow')
    second.press('Enter')
    await second.shows(/You said: slow/)
    second.type('typed ahead')
    second.press('C-c')
    await second.shows('Aborted. What was said until then is kept.')
    await second.shows(/^› typed ahead$/m)
    second.press('C-c', 'C-c')
    await second.shows('Ctrl-C again, or Ctrl-D, leaves.')
    second.press('C-d')
    await second.shows('goes on.')
    await second.shows('ended with 0')
  })

  test('takes what was typed during an answer as messages, one after the other, and a paste as one', async () => {
    const terminal = await chatIn(application())
    terminal.type('slow')
    terminal.press('Enter')
    await terminal.shows('You said: slow')
    terminal.type('one')
    terminal.press('Enter')
    terminal.type('two')
    terminal.press('Enter')
    terminal.paste('three\nin lines')
    terminal.press('C-c')
    const screen = await terminal.shows('… in lines')
    expect(screen).toMatch(/› one\nYou said: one.*[^]*› two\nYou said: two.*[^]*› three\n… in lines$/)
  })

  test('takes the end of a line that was begun before a question for no answer', async () => {
    const terminal = await chatIn(application())
    terminal.type('slow')
    terminal.press('Enter')
    await terminal.shows('You said: slow')
    terminal.type('press both')
    terminal.press('Enter')
    terminal.type('yes, I thin')
    terminal.press('C-c')
    await terminal.shows('○ No, and say why')
    terminal.press('Enter')
    await terminal.shows("'…' is none of the answers. Run press?")
    terminal.press('y', 'Enter')
    await terminal.shows(/green[^]*"blue"[^]*● Yes/)
    terminal.press('Enter')
    expect(await terminal.shows('› yes, I thin')).toContain('It says: "pressed green""pressed blue"')
  })

  test('says once that what is typed can not be kept for the next chat', async () => {
    const terminal = await chatIn(application({ '.retinue/history/taken': 'a folder' }))
    terminal.type('one')
    terminal.press('Enter')
    await terminal.shows('You said: one')
    terminal.type('two')
    terminal.press('Enter')
    const screen = await terminal.shows('You said: two')
    expect(screen.match(/error:/g)).toHaveLength(1)
    expect(screen).toContain('What you type is not kept for the next chat')
  })

  test('stops by Ctrl-Z while it reads, and goes on with what was typed', async () => {
    const cwd = application()
    const terminal = await chatIn(cwd)
    terminal.type('half')
    terminal.press('C-z')
    await terminal.shows('ended with 148')
    terminal.press('Enter')
    await terminal.shows(/ended with 148[^]*^› half$/m)
    terminal.paste(' a line\nof two')
    await terminal.shows('… of two')
    terminal.press('Enter')
    expect(await terminal.shows(/1 step, /)).toContain('You said: half a line of two')

    const other = await chatIn(cwd)
    other.type('\u001Ax\r') // in one piece: the message ends while the program stops
    await other.shows('ended with 148')
    other.press('Enter')
    await other.shows('You said: x')
    other.press('C-d')
    await other.shows('ended with 0')
  })

  test('says where a session stands that it goes over to', async () => {
    const cwd = application()
    await retinue(cwd, ['run', 'press it'])
    const { id } = JSON.parse((await retinue(cwd, ['sessions', '--json'])).out) as { id: string }
    const terminal = await chatIn(cwd)
    terminal.type(`/sessions ${id}`)
    terminal.press('Enter')
    const screen = await terminal.shows('The last turn waits for your answer about press; /continue asks.')
    expect(screen).toMatch(/2 messages; the last words: press it$/m)
  })

  test('says how a turn that failed is tried again', async () => {
    const terminal = await chatIn(application())
    terminal.type('cut')
    terminal.press('Enter')
    expect(await terminal.shows('/continue tries again.')).toMatch(/error: .*no more/)
  })

  test('takes a reason that is pasted in several lines as one', async () => {
    const terminal = await chatIn(application())
    terminal.type('press both')
    terminal.press('Enter')
    await terminal.shows('○ No, and say why')
    terminal.press('Up', 'Enter')
    await terminal.shows('What should it do instead?')
    terminal.paste('press the\tred one\nyes\n')
    await terminal.shows('press the red one yes')
    terminal.type('please')
    terminal.press('Enter')
    await terminal.shows(/"blue"[^]*○ No, and say why/)
    terminal.press('n', 'Enter')
    const screen = await terminal.shows('not approved: press the red one yes please')
    expect(screen).not.toContain('pressed')
  })

  test('stops by Ctrl-Z while it answers, and says again what goes on', async () => {
    const terminal = await chatIn(application())
    terminal.type('slow')
    terminal.press('Enter')
    await terminal.shows('You said: slow')
    terminal.press('C-z')
    await terminal.shows('ended with 148')
    terminal.press('Enter')
    expect(await terminal.shows(/ended with 148[^]*You said: slow/)).not.toContain('Aborted')
    terminal.press('C-c')
    await terminal.shows('Aborted.')
  })

  test('stops by Ctrl-Z while it asks, and asks again', async () => {
    const terminal = await chatIn(application())
    terminal.type('press it')
    terminal.press('Enter')
    await terminal.shows('○ No, and say why')
    terminal.press('C-z')
    await terminal.shows('ended with 148')
    terminal.press('Enter')
    await terminal.shows(/ended with 148[^]*○ No, and say why/)
    terminal.press('Enter')
    expect(await terminal.shows(/2 steps, /)).toContain('It says: "pressed red"')
  })

  test('goes on where a question is left by Ctrl-D, as by Ctrl-C', async () => {
    const cwd = application()
    const terminal = await chatIn(cwd)
    terminal.type('press it')
    terminal.press('Enter')
    await terminal.shows('○ No, and say why')
    terminal.press('C-d')
    await terminal.shows(/Aborted\.[^]*^›$/m)
    terminal.press('C-d')
    expect(await terminal.shows('ended with')).toContain('ended with 0')
    const making = start(['init'], { cwd })
    await making.shows('In which folder?')
    making.press('C-u', 'C-d')
    expect(await making.shows('ended with')).toContain('ended with 130')
  })

  test('shows the cursor where the process is told to end while it asks, and asks again when it is begun anew', async () => {
    const cwd = application()
    const terminal = await chatIn(cwd)
    terminal.type('press it')
    terminal.press('Enter')
    await terminal.shows('○ No, and say why')
    expect(terminal.hasCursor()).toBe(false)
    process.kill(terminal.pid(), 'SIGTERM')
    await terminal.shows('ended with 130')
    expect(terminal.hasCursor()).toBe(true)
    const again = start(['chat', '--continue'], { cwd })
    await again.shows('The last turn waits for your answer about press')
  })

  test('keeps what was said until the terminal was closed', async () => {
    const cwd = application()
    const first = new Terminal(['chat'], { cwd })
    await first.shows(ready)
    first.type('slow')
    first.press('Enter')
    await first.shows('You said: slow')
    const pid = first.pid()
    first.close()
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false)
    const second = start(['sessions'], { cwd })
    expect(await second.shows(/\d messages?/)).toContain('2 messages')
  })

  test('fails where what was said can not be kept', async () => {
    const cwd = application()
    const terminal = start(['chat', '--yes'], { cwd })
    await terminal.shows(ready)
    terminal.type('press newer')
    terminal.press('Enter')
    await terminal.shows(/RETINUE_SQLITE_NEWER[^]*\n›$/)
    terminal.press('C-d')
    expect(await terminal.shows('ended with')).toContain('ended with 1')
  })

  test('shows what another chat does with the session, above what is being typed', async () => {
    const cwd = application()
    const one = start(['chat', '--yes'], { cwd })
    await one.shows(ready)
    one.type('hello')
    one.press('Enter')
    await one.shows(/1 step, /)
    const other = start(['chat', '--yes', '--continue'], { cwd, columns: 40 })
    await other.shows(ready)
    other.type('half of a line that takes two rows of it,')
    await other.shows(/of it,$/)
    one.type('press it')
    one.press('Enter')
    await one.shows(/2 steps, /)
    const seen = await other.shows(/It says: "pressed red".*\n› half/)
    expect(seen.match(/goes on somewhere else/g)).toHaveLength(1)
    expect(seen).toMatch(/» press it\n… press button: "red"\n✓ pressed red\nIt says: "pressed red".*\n› half/)
    other.type(' and the rest')
    other.press('Enter')
    await other.shows(/You said: half of a line that takes two\s+rows of it, and the rest/)
    await one.shows(/» half of .* and the rest\nYou said: half of/)
    one.type('/undo')
    one.press('Enter')
    await other.shows('2 messages were taken back.')
  })

  test('tells a warning of the process above what is being typed', async () => {
    const warns = "process.on('SIGUSR2', () => process.emitWarning('The server is gone.'))"
    const config = `${scriptedConfig()}\n${warns}\n`
    const terminal = await chatIn(application({ 'retinue.config.mjs': config }))
    terminal.type('half')
    await terminal.shows('› half')
    process.kill(terminal.pid(), 'SIGUSR2')
    expect(await terminal.shows(/^The server is gone\.\n› half$/m)).not.toMatch(/error|defect|\(node:/)
  })

  test('stays readable in a narrow terminal, and without colours', async () => {
    const cwd = application()
    const narrow = await chatIn(cwd, { columns: 30, env: { NO_COLOR: '1' } })
    narrow.type('some **words** that are far too long for thirty columns')
    narrow.press('Enter')
    const screen = await narrow.shows(/1 step, /)
    expect(screen).toContain('You said: some **words**')
    expect(existsSync(join(cwd, '.retinue', 'sessions.db'))).toBe(true)

    // Who cancels one question is asked no other of that turn.
    narrow.type('press both')
    narrow.press('Enter')
    expect(await narrow.shows('○ No, and say why')).toContain('button: "green"')
    narrow.press('C-c')
    const cancelled = await narrow.shows('Aborted.')
    expect(cancelled.match(/Run press\?/g)).toHaveLength(1)
    narrow.type('/sessions')
    narrow.press('Enter')
    await narrow.shows(/messages\n {4}some \*\*words\*\* that are/)
    const list = start(['sessions'], { cwd, columns: 30, env: { NO_COLOR: '1' } })
    await list.shows(/^ {2}\S{8} {2}\S+ \S+\n {4}echo, \d+ messages\n {4}some/m)
  })
})

test.skipIf(!hasTmux)(
  'init asks for what it is not told, refuses a folder at once, and leaves when it is told to (wants tmux)',
  async () => {
    const cwd = makeFolder({ 'taken/notes.txt': 'mine' })
    const terminal = start(['init'], { cwd })
    await terminal.shows(/folder\?\n.*my-agent/)
    terminal.type('taken')
    terminal.press('Enter')
    expect(await terminal.shows('is not an empty folder.')).not.toContain('RETINUE_')
    terminal.press('C-u')
    terminal.type('~/desk')
    terminal.press('Enter')
    await terminal.shows('With which plugin?')
    terminal.press('Down', 'Enter')
    expect(await terminal.shows('ended with 0')).toContain('cd desk')
    expect(readFileSync(join(cwd, 'desk', 'src', 'agent.ts'), 'utf8')).toContain("tools: ['workspace']")

    const usual = start(['init'], { cwd })
    await usual.shows(/folder\?\n.*my-agent/)
    usual.press('Enter')
    await usual.shows('With which plugin?')
    usual.press('Enter')
    expect(await usual.shows('ended with 0')).toContain('cd my-agent')

    const wrong = start(['init', 'other', '--model', 'unknown'], { cwd })
    expect(await wrong.shows('ended with 1')).not.toContain('With which plugin?')
    const left = start(['init', 'other'], { cwd })
    await left.shows('With which plugin?')
    left.press('C-c')
    await left.shows('ended with 130')
    expect(existsSync(join(cwd, 'other'))).toBe(false)
  },
)
