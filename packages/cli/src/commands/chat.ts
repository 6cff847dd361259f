// `retinue chat`: reads a message, runs it, and again, until the person leaves. In a pipe each line is a message.
import { type CommonFlags, openApplication } from '../application.ts'
import { Chat } from '../chat/chat.ts'
import { greet } from '../chat/greeting.ts'
import { addToHistory, readHistory } from '../chat/message-history.ts'
import { completeSlashCommand, isSlashCommand, runSlashCommand } from '../chat/slash-commands.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeFailure } from '../failure.ts'
import { ownName } from '../own-name.ts'
import { openSession, type SessionFlags } from '../session-choice.ts'
import { shortId } from '../session-table.ts'
import { quietWarnings } from '../quiet-warnings.ts'
import { LineEditor, type Typed } from '../terminal/line-editor.ts'
import { PipedLines } from '../terminal/piped-lines.ts'
import { safeLine } from '../terminal/safe-text.ts'
import { Screen } from '../terminal/screen.ts'

/** The flags of a chat. */
export interface ChatFlags extends CommonFlags, SessionFlags {
  readonly model?: string
  readonly yes?: boolean
}

/** Chats until the person leaves; gives the exit code. */
export async function chat(flags: ChatFlags): Promise<number> {
  const [app, screen] = await Promise.all([openApplication(flags), Screen.open('chat')])
  const opened = await openSession(app, flags)
  const terminal =
    process.stdin.isTTY && screen.notes.isTTY ? { input: process.stdin, output: screen.notes } : undefined
  const editor =
    terminal &&
    new LineEditor({
      ...terminal,
      history: readHistory(app.library.folder),
      complete: completeSlashCommand,
      onInterrupt: () => screen.note(screen.style.dim('Ctrl-C again, or Ctrl-D, leaves.')),
    })
  const debug = flags.debug === true
  const talk = new Chat(opened.session, {
    app,
    screen,
    answering: flags.yes ? 'yes' : terminal ? 'ask' : 'no',
    modelFlag: flags.model,
    debug,
    terminal,
    editor,
  })
  const note = (text: string): void => {
    const tell = (): void => screen.note(text)
    if (editor) editor.above(tell)
    else tell()
  }
  const fail = (error: unknown): void => note(describeFailure(error, screen.notes, debug))
  app.library.onFailure(fail)
  quietWarnings(({ message }) => note(screen.style.yellow(safeLine(message)))) // as of a lost MCP server
  greet(talk, opened)
  const left = new AbortController()
  const following = app.library.followUser(left.signal).catch(fail)
  const reader = editor ?? new PipedLines(process.stdin)
  const prompt = screen.style.green('› ')
  let hasFailed = false
  let isKept = false
  let isRemembered = editor !== undefined
  try {
    for (;;) {
      const typed = await (editor ? readInCompany(editor, prompt, talk, fail) : reader.read(prompt))
      if (typed === 'leave') break
      const text = typed.text.trim()
      if (!text) continue
      try {
        if (isRemembered) addToHistory(app.library.folder, text)
      } catch (error) {
        isRemembered = false // the chat goes on, and this is said once
        fail(error)
      }
      if (!isSlashCommand(text)) hasFailed = !(await talk.say(text)) || hasFailed
      else if ((await runSlashCommand(talk, text, debug)) === 'leave') break
    }
    isKept = await talk.keep()
    if (isKept) farewell(talk)
  } finally {
    left.abort()
    await following
    await app.library.close()
  }
  // A person has seen which turns went wrong; a script has to be told.
  return !isKept || (hasFailed && terminal === undefined) ? exitCodes.failed : exitCodes.done
}

/** Asks for a message; what others do with the session until it comes is shown above it. */
async function readInCompany(
  editor: LineEditor,
  prompt: string,
  talk: Chat,
  fail: (error: unknown) => void,
): Promise<Typed> {
  const typed = new AbortController()
  const following = talk.follow(typed.signal, (write) => editor.above(write)).catch(fail)
  try {
    return await editor.read(prompt)
  } finally {
    typed.abort()
    await following
  }
}

/** Says how to come back. */
function farewell({ app, screen, session }: Chat): void {
  if (session.messages.length === 0 || !screen.notes.isTTY || !app.library.isDurable) return
  screen.note(screen.style.dim(`Kept. ${ownName} chat --session ${shortId(session.id)} goes on.`))
}
