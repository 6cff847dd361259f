// `retinue run`: one message, one answer. The answer goes to the standard output and nothing else does; with `--json`
// the run's events go there, one a line.
import { type RunEvent, type RunResult, run } from '@retinue/agent'
import { RetinueError } from '@retinue/kernel'
import { text as readAll } from 'node:stream/consumers'
import { type CommonFlags, openApplication } from '../application.ts'
import { Approver } from '../chat/approver.ts'
import { TurnView } from '../chat/turn-view.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure } from '../failure.ts'
import { ownName } from '../own-name.ts'
import { openSession, type SessionFlags } from '../session-choice.ts'
import type { Kept } from '../session-library.ts'
import { shortId } from '../session-table.ts'
import { shortcomingsOf } from '../shortcomings.ts'
import { watchInterrupts } from '../terminal/interrupt-keys.ts'
import { markPastes, unmarkPastes } from '../terminal/paste-marks.ts'
import { safeJson, safeLine } from '../terminal/safe-text.ts'
import { Screen } from '../terminal/screen.ts'

/** The flags of a run. */
export interface RunFlags extends CommonFlags, SessionFlags {
  readonly model?: string
  readonly yes?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

/** Runs one message; gives the exit code. */
export async function runOnce(words: readonly string[], flags: RunFlags): Promise<number> {
  // The standard output is the answer's: what configurations, plugins and tools print goes beside it.
  console.log = console.info = console.debug = console.error
  const input = await inputOf(words)
  const [app, screen] = await Promise.all([openApplication(flags), Screen.open('script')])
  const opened = await openSession(app, flags)
  const { session } = opened
  const model = app.model(session.agent!, flags.model)
  const isTalkative = flags.json !== true && flags.quiet !== true
  if (isTalkative)
    for (const each of shortcomingsOf(app, opened, model)) screen.note(screen.style.yellow(each))
  const canAsk = process.stdin.isTTY && process.stderr.isTTY && flags.json !== true
  const aborter = new AbortController()
  const approver = new Approver({
    screen,
    answering: flags.yes === true ? 'yes' : 'ask',
    async lend(ask) {
      const terminal = { input: process.stdin, output: process.stderr }
      markPastes(terminal.output)
      return ask(terminal).finally(() => unmarkPastes(terminal.output))
    },
    aborter: () => aborter,
  })
  let failure: unknown
  app.library.onFailure((error) => (failure = error))
  const keep = async (): Promise<Kept> => {
    const kept = await app.library.keep(session)
    if (kept.notice !== undefined) screen.note(screen.style.yellow(kept.notice))
    else if (!kept.isKept) screen.note(describeFailure(failure, screen.notes, flags.debug === true))
    return kept
  }
  const keys = watchInterrupts(undefined, () => {
    if (aborter.signal.aborted) void keep().then(() => process.exit(exitCodes.interrupted))
    aborter.abort()
  })
  const current = run(session, input, {
    ...app.run,
    model: model.model,
    signal: aborter.signal,
    // Without somebody to ask, the run stops with its question in the session.
    ...((canAsk || flags.yes === true) && { approve: approver.approve }),
  })
  const view = flags.json === true ? undefined : new TurnView(screen, flags.quiet === true)
  try {
    for await (const event of current) {
      if (view === undefined) process.stdout.write(`${safeJson(eventData(event))}\n`)
      else view.show(event)
    }
    const result = await current.result
    const kept = await keep()
    const exitCode = ending(result, app.library.isDurable ? kept.session.id : undefined, screen)
    return kept.isKept ? exitCode : exitCodes.failed
  } catch (error) {
    await keep() // what was said until then, too
    if (aborter.signal.aborted) return exitCodes.interrupted
    throw error
  } finally {
    keys.release()
    await app.library.close()
  }
}

/** What is said: the words of the command line, with the standard input for `-`, or in place of no words at all. */
async function inputOf(words: readonly string[]): Promise<string> {
  const place = words.length === 0 ? 0 : words.indexOf('-')
  if (place !== -1 && process.stdin.isTTY) throw nothingToSay()
  const piped = place === -1 ? [] : [(await readAll(process.stdin)).trim()]
  const said = [words.slice(0, Math.max(place, 0)), piped, words.slice(place + 1)]
  const input = said
    .map((each) => each.join(' '))
    .filter((each) => each !== '')
    .join('\n')
  if (input.trim() === '') throw nothingToSay()
  return input
}

/** Says where a run waits, and how it goes on: only what is kept can. */
function ending({ approvals }: RunResult, keptAs: string | undefined, screen: Screen): number {
  if (approvals.length === 0) return exitCodes.done
  const names = approvals.map(({ toolName }) => safeLine(toolName)).join(', ')
  const later = keptAs && `${ownName} chat --session ${shortId(keptAs)} and /continue ask for it; `
  screen.note(
    screen.style.yellow(`Waits for your yes to: ${names}. ${later ?? ''}--yes gives it beforehand.`),
  )
  return exitCodes.waiting
}

/** An event as JSON: of an error, its code and message. */
function eventData(event: RunEvent): object {
  if (event.type !== 'error') return event
  const { type, code, message } = event
  return { type, code, message }
}

function nothingToSay(): RetinueError {
  return new RetinueError('RETINUE_CLI_INPUT', 'There is nothing to say.', {
    hint: `Write ${ownName} run "What is in this folder?", or pipe a text into it.`,
  })
}
