// A chat: a session that a person talks to. It runs turns, shows them, asks for approvals, and takes interrupts: the
// first one aborts the turn and keeps what was said, the second one leaves.
import { type ApprovalAnswers, resolveModel, resume, run, type Run, type RunOptions } from '@retinue/agent'
import type { AgentConfig, ChatSession } from '@retinue/kernel'
import { type Application, type ChosenModel, offline } from '../application.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure } from '../failure.ts'
import { watchInterrupts, type InterruptKeys } from '../terminal/interrupt-keys.ts'
import type { LineEditor } from '../terminal/line-editor.ts'
import type { Terminal } from '../terminal/question.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Answering, Approver } from './approver.ts'
import { isUnfinished } from './greeting.ts'
import { newsIn, tellMessages } from './told-messages.ts'
import { TurnView } from './turn-view.ts'

/** What a chat is made of. */
export interface ChatOptions {
  readonly app: Application
  readonly screen: Screen
  readonly answering: Answering
  readonly modelFlag: string | undefined
  readonly debug: boolean
  /** The terminal of the person; `undefined` in a pipe. */
  readonly terminal: Terminal | undefined
  /** Takes what was typed while a turn went on; `undefined` in a pipe. */
  readonly editor: LineEditor | undefined
}

/** A person's talk with a session. */
export class Chat {
  readonly app: Application
  readonly screen: Screen
  readonly #options: ChatOptions
  readonly #approver: Approver
  readonly #view: TurnView
  #session: ChatSession
  #modelFlag: string | undefined
  /** Ends the turn that goes on. */
  #aborter = new AbortController()
  #keys: InterruptKeys | undefined

  constructor(session: ChatSession, options: ChatOptions) {
    const { app, screen, answering } = options
    this.app = app
    this.screen = screen
    this.#options = options
    this.#session = session
    this.#modelFlag = options.modelFlag
    this.#view = new TurnView(screen)
    this.#approver = new Approver({
      screen,
      answering,
      lend: (ask) => this.#lend(ask),
      aborter: () => this.#aborter,
    })
  }

  get session(): ChatSession {
    return this.#session
  }

  /** The agent of the session: a chat gives every session one. */
  get agent(): AgentConfig {
    return this.#session.agent!
  }

  get model(): ChosenModel {
    return this.app.model(this.agent, this.#modelFlag)
  }

  /**
   * Goes on with another model, whatever the session.
   * @throws {RETINUE_MODEL_UNKNOWN}, {RETINUE_MODEL_NOT_INSTALLED}, {RETINUE_MODEL_NOT_CONFIGURED}
   */
  async useModel(name: string): Promise<void> {
    if (name !== offline) await resolveModel(name)
    this.#modelFlag = name
  }

  /** Goes on with another session; the one so far stays as it is kept. */
  async switchTo(session: ChatSession): Promise<void> {
    await this.keep()
    this.#session.close()
    this.#session = session
  }

  /**
   * Keeps what was said; where another command went on with the session meanwhile, as a session of its own. Tells whether
   * all of it is kept.
   */
  async keep(): Promise<boolean> {
    const { app, screen } = this
    const { session, notice, isKept } = await app.library.keep(this.#session)
    this.#session = session
    if (notice) screen.note(screen.style.yellow(notice))
    return isKept
  }

  /**
   * While nothing goes on here: takes over what another command does with the session, and shows it by `above`, which
   * writes where nobody types. Resolves when the signal aborts.
   */
  async follow(signal: AbortSignal, above: (write: () => void) => void): Promise<void> {
    let isFirst = true
    for (;;) {
      const before = this.#session.messages.items
      const session = await this.app.library.goneOn(this.#session, signal)
      if (!session) return
      this.#session = session
      const { told, gone } = newsIn(before, session.messages.items)
      if (told.length === 0 && gone === 0) continue
      above(() => {
        if (isFirst) this.screen.aside('This session goes on somewhere else:')
        if (gone > 0)
          this.screen.aside(gone === 1 ? '1 message was taken back.' : `${gone} messages were taken back.`)
        tellMessages(told, this.screen)
      })
      isFirst = false
    }
  }

  /** Says something to the session, and shows what comes of it; tells whether it went well. */
  say(text: string): Promise<boolean> {
    return this.#play((options) => run(this.#session, text, options))
  }

  /** Goes on where the last run stopped; tells whether it went well. */
  goOn(answers: ApprovalAnswers = {}): Promise<boolean> {
    return this.#play((options) => {
      this.#view.goOn(this.#session.messages.items)
      return resume(this.#session, answers, options)
    })
  }

  /** Takes the last turn back; tells whether there was one. What tools did in the world stays done. */
  async undo(): Promise<boolean> {
    const start = this.#session.messages.items.findLastIndex(({ role }) => role === 'user')
    if (start < 0) return false
    await this.keep()
    this.#session = await this.app.library.rewind(this.#session, { messages: start })
    return true
  }

  async #play(begin: (options: RunOptions) => Run): Promise<boolean> {
    const { app, screen, debug } = this.#options
    this.#aborter = new AbortController()
    this.#watch()
    try {
      await this.#reopen()
      const { signal } = this.#aborter
      const { approve } = this.#approver
      const turn = begin({ ...app.run, model: this.model.model, approve, signal })
      for await (const event of turn) this.#view.show(event)
      return true
    } catch (error) {
      const isAbort = (error as { code?: unknown }).code === 'RETINUE_RUN_ABORTED'
      if (!isAbort) {
        screen.note(describeFailure(error, screen.notes, debug))
        if (screen.notes.isTTY && isUnfinished(this.#session.messages.at(-1)))
          screen.aside('/continue tries again.')
      }
      return false
    } finally {
      await this.keep()
      this.#unwatch()
      this.#view.clear()
    }
  }

  /** Opens the session again where taking over what others did with it had failed half-way. */
  async #reopen(): Promise<void> {
    if (!this.#session.closed) return
    const { id, user, agent } = this.#session
    this.#session = (await this.app.library.open(id, { user, agent: agent! })).session
  }

  #interrupt(): void {
    const { screen } = this.#options
    if (this.#aborter.signal.aborted) {
      this.#unwatch()
      screen.live('')
      screen.note('Left at once. What was said until then is kept.')
      return this.#leave()
    }
    this.#aborter.abort()
    screen.live('… aborting; Ctrl-C again leaves at once')
  }

  /** Ends the process when what was said is kept. */
  readonly #leave = (): void => void this.keep().then(() => process.exit(exitCodes.interrupted))

  #watch(): void {
    this.#keys = watchInterrupts(
      this.#options.terminal,
      () => this.#interrupt(),
      () => this.screen.showRow(),
    )
  }

  #unwatch(): void {
    const typed = this.#keys?.release()
    this.#keys = undefined
    if (typed?.length) this.#options.editor?.keep(typed)
  }

  /** Gives the keyboard to a question, and takes it back. */
  async #lend<T>(ask: (terminal: Terminal) => Promise<T>): Promise<T> {
    const { terminal, editor } = this.#options
    this.#unwatch()
    process.once('SIGINT', this.#leave) // told to end: the question stays open
    try {
      return await ask({ ...terminal!, isTyping: editor?.wasTyping() }) // in a pipe nobody is asked
    } finally {
      process.off('SIGINT', this.#leave)
      this.#watch()
    }
  }
}
