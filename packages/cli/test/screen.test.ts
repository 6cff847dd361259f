import { Writable } from 'node:stream'
import { stripVTControlCharacters as plain } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { CallView } from '../src/chat/call-view.ts'
import { TurnView } from '../src/chat/turn-view.ts'
import { describeSessions } from '../src/session-table.ts'
import { Screen } from '../src/terminal/screen.ts'
import { wrapped } from '../src/terminal/wrapped.ts'

afterEach(() => void vi.unstubAllEnvs())

/** A terminal of that width, and what is written to it. */
function terminal(columns: number): NodeJS.WriteStream & { readonly written: string } {
  const stream = new Writable({ write: (chunk, _encoding, done) => ((tty.written += chunk), done()) })
  const tty = Object.assign(stream, { isTTY: true, columns, written: '' })
  return tty as never
}

describe('lines', () => {
  test('are broken between words, and go on further in than they began', () => {
    const text = 'error: one two three four\n    a field = with much to say\n  short'
    expect(wrapped(text, terminal(20)).split('\n')).toEqual([
      'error: one two',
      '  three four',
      '    a field = with',
      '      much to say',
      '  short',
    ])
    expect(wrapped(text, { isTTY: false } as NodeJS.WriteStream)).toBe(text)
  })

  test('that just fit stay as they are, wide characters included', () => {
    expect(wrapped('日本語の文章です。二', terminal(20))).toBe('日本語の文章です。二')
    expect(wrapped('日本語の文章です。二三', terminal(20))).toBe('日本語の文章です。\n  二三')
  })
})

test('a list of sessions gives a title its own line where there is no room beside', async () => {
  const session = {
    id: 'abcdef0123',
    user: 'ada',
    agent: 'guide',
    title: 'Plan a trip',
    messages: 1,
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
  }
  const listed = async (columns: number) => {
    const out = terminal(columns)
    return describeSessions([session], await Screen.open('chat', { stdout: out, stderr: out }))
  }
  expect(await listed(80)).toMatch(/guide, 1 message {2}\S*Plan a trip/)
  expect(await listed(40)).toMatch(/guide, 1 message\n {4}\S*Plan a trip/)
})

test('what went wrong in a tool is shown whole, what it gave in a few lines that fit', async () => {
  const out = terminal(40)
  const calls = new CallView(await Screen.open('chat', { stdout: out, stderr: out }))
  const place = { run: '', depth: 0, toolCallId: '1' }
  const text = 'There is no such file in that folder: list it first, then read it.'
  calls.end(place, 'read', { type: 'error-text', value: text })
  expect(plain(out.written).replaceAll(/\s+/g, ' ')).toContain(text)
  calls.end(place, 'read', { type: 'text', value: `${text}\n2\n3\n4\n5\n6` })
  expect(plain(out.written)).toMatch(
    /There is no such file in[^\n]*…\n {2}2\n {2}3\n {2}4\n {2}… 2 more lines/,
  )
})

test('the live row stays one row, also where a terminal finds its characters wider', async () => {
  vi.stubEnv('TERM', 'xterm')
  const out = terminal(40)
  const screen = await Screen.open('chat', { stdout: out, stderr: out })
  screen.live('🇨🇭👩‍👩‍👧‍👦'.repeat(30))
  const [wrapOff, row, wrapOn] = ['\u001B[?7l', plain(out.written), '\u001B[?7h']
  expect(row).toMatch(/^[^\n]{10,}…$/u)
  expect(out.written).toBe(wrapOff + screen.style.dim(row) + wrapOn)
})

test('a terminal that can take no row back has no live row', async () => {
  vi.stubEnv('TERM', 'dumb')
  const out = terminal(40)
  const screen = await Screen.open('chat', { stdout: out, stderr: out })
  screen.live('… waiting')
  screen.note('Done.')
  expect(out.written).toBe('Done.\n')
})

test('the live row is there again when a question was answered', async () => {
  vi.stubEnv('TERM', 'xterm')
  const out = terminal(40)
  const screen = await Screen.open('chat', { stdout: out, stderr: out })
  screen.live('… shell_run')
  await screen.during(async () => expect(out.written.endsWith('\r\u001B[K')).toBe(true))
  expect(plain(out.written)).toMatch(/… shell_run[^]*… shell_run[^…]*$/)
})

test('a run says that it waits also before its first step and after a call, and that its history was cut', async () => {
  vi.stubEnv('TERM', 'xterm')
  const out = terminal(100)
  const view = new TurnView(await Screen.open('chat', { stdout: out, stderr: out }))
  view.show({ type: 'run-start' } as never)
  expect(plain(out.written)).toMatch(/… waiting for the model$/)
  const call = { toolCallId: '1', toolName: 'read' }
  view.show({ type: 'tool-call', ...call, input: {} } as never)
  expect(plain(out.written)).toMatch(/… read$/)
  view.show({ type: 'tool-result', ...call, output: { type: 'text', value: 'x' } } as never)
  expect(plain(out.written)).toMatch(/… waiting for the model$/)
  view.show({ type: 'compaction', tokensBefore: 12_345, tokensAfter: 678 })
  expect(plain(out.written)).toContain('was cut from 12,345 tokens to 678.')
})

test('the calls that a run goes on with are shown, those without a result alone', async () => {
  vi.stubEnv('TERM', 'xterm')
  const out = terminal(60)
  const view = new TurnView(await Screen.open('chat', { stdout: out, stderr: out }))
  const call = (toolCallId: string) => ({
    type: 'tool-call',
    toolCallId,
    toolName: toolCallId,
    input: { at: 1 },
  })
  view.goOn([
    { role: 'user', parts: [{ type: 'text', text: 'Go.' }] },
    { role: 'assistant', parts: [call('read'), call('build')] },
    {
      role: 'tool',
      parts: [
        { type: 'tool-result', toolCallId: 'read', toolName: 'read', output: { type: 'text', value: '' } },
      ],
    },
  ] as never)
  expect(plain(out.written)).toContain('… build at: 1')
  expect(plain(out.written)).not.toContain('read')
  view.clear()
  view.show({ type: 'run-start' } as never)
  expect(plain(out.written)).toMatch(/… waiting for the model$/)
})
