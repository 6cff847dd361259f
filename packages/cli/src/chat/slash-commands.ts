// What a person can ask of the chat itself: lines that begin with a slash. Each command is one entry of the table, and
// the help, the completion and the dispatch are made from it.
import { registry } from '@retinue/kernel'
import { describeFailure } from '../failure.ts'
import { describePrompt, describeTools } from '../inspection.ts'
import { safeLine, safeText } from '../terminal/safe-text.ts'
import { describeSessions, noSessionOf } from '../session-table.ts'
import type { Chat } from './chat.ts'
import { tellState } from './greeting.ts'

/** A command of the chat. */
export interface SlashCommand {
  readonly name: string
  readonly parameters: string
  readonly help: string
  /** Gives `leave` where the chat is over. */
  run(chat: Chat, argument: string): Promise<void | 'leave'>
}

/** The commands, in the order in which the help shows them. */
export const slashCommands: readonly SlashCommand[] = [
  {
    name: 'help',
    parameters: '',
    help: 'shows this',
    async run({ screen }) {
      const { style } = screen
      const rows = slashCommands.map(
        ({ name, parameters, help }) => [`/${name} ${parameters}`, help] as const,
      )
      const width = Math.max(...rows.map(([left]) => left.length))
      screen.note(rows.map(([left, help]) => `  ${style.cyan(left.padEnd(width))}  ${help}`).join('\n'))
      screen.aside(
        'A line that ends in \\ goes on in the next. Ctrl-C aborts a turn, Ctrl-D leaves, ↑ brings back.',
      )
    },
  },
  {
    name: 'tools',
    parameters: '[add|remove <toolset>]',
    help: 'shows the tools, or changes them',
    async run({ app, screen, session, agent }, argument) {
      const { tools } = session
      const [verb, name = ''] = argument.split(/\s+/)
      if (verb) {
        const adds = verb === 'add'
        if ((!adds && verb !== 'remove') || !name) return screen.note('  /tools [add|remove <toolset>]')
        const isListed = agent.tools.includes(name) || tools.includes(name)
        if (!registry.toolsets.has(name) && (adds || !isListed)) return screen.note(`  ${noToolset(name)}`)
        if (adds) {
          tools.include(name)
          if (!tools.inForce.includes(name)) tools.push(name)
        } else if (agent.tools.includes(name)) tools.exclude(name)
        else tools.remove(name)
      }
      screen.note(describeTools(session, app.asking, screen.style))
    },
  },
  {
    name: 'model',
    parameters: '[name]',
    help: 'shows the model, or goes on with another',
    async run(chat, argument) {
      if (argument !== '') await chat.useModel(argument)
      chat.screen.note(`  ${safeLine(chat.model.name)}`)
    },
  },
  {
    name: 'prompt',
    parameters: '[text]',
    help: 'shows what the prompt costs, or its text',
    async run({ screen, session }, argument) {
      const prompt = session.prompt()
      screen.note(argument === 'text' ? safeText(prompt.text) : describePrompt(prompt, screen.style))
    },
  },
  {
    name: 'explain',
    parameters: '<what>',
    help: 'says why something is here',
    async run({ screen, session }, argument) {
      if (argument === '') return screen.note('  /explain context.recent_files, or a line of the prompt')
      screen.note(safeText(session.explain(argument).text))
    },
  },
  {
    name: 'sessions',
    parameters: '[id]',
    help: 'lists the sessions, or goes on with one',
    async run(chat, argument) {
      const { app, screen } = chat
      if (argument === '') {
        const sessions = await app.library.sessions(20)
        return screen.note(
          sessions.length === 0
            ? noSessionOf(app.library.userId)
            : describeSessions(sessions, screen, chat.session.id),
        )
      }
      const { id, agent } = await app.library.find(argument)
      if (id === chat.session.id) return screen.note('  You are in it.')
      const opened = await app.library.open(id, { user: app.user, agent: app.agentOf(agent) })
      await chat.switchTo(opened.session)
      screen.note(`  Now in ${safeLine(id)}.`)
      tellState(chat, opened)
    },
  },
  {
    name: 'new',
    parameters: '',
    help: 'begins a new session',
    async run(chat) {
      const { library, user } = chat.app
      await chat.switchTo(library.create({ user, agent: chat.agent }))
      chat.screen.note('  A new session.')
    },
  },
  {
    name: 'undo',
    parameters: '',
    help: 'takes the last turn back, not what tools did',
    async run(chat) {
      const isDone = await chat.undo()
      chat.screen.note(
        isDone
          ? '  The last turn is taken back. What its tools did stays: files that they wrote are as they left them.'
          : '  There is no turn to take back.',
      )
    },
  },
  {
    name: 'continue',
    parameters: '',
    help: 'goes on where the last turn stopped',
    async run(chat) {
      if (chat.session.messages.length === 0) return chat.screen.note('  Nothing was said yet.')
      await chat.goOn()
    },
  },
  { name: 'exit', parameters: '', help: 'leaves; the session is kept', run: async () => 'leave' },
]

function noToolset(name: string): string {
  return `There is no toolset '${safeLine(name)}'. These there are: ${registry.toolsets.list().join(', ')}. Others come from plugins that retinue.config.ts imports.`
}

/** Tells whether a message is for the chat itself. */
export function isSlashCommand(message: string): boolean {
  return /^\/[a-z]*(\s|$)/.test(message)
}

/** Runs a command; what fails is told, and the chat goes on. */
export async function runSlashCommand(chat: Chat, message: string, debug: boolean): Promise<void | 'leave'> {
  const [, word = '', argument = ''] = /^\/(\S*)\s*([^]*)$/.exec(message) ?? []
  const command = findCommand(word)
  const { screen } = chat
  if (command === undefined) {
    return screen.note(`  There is no command /${safeLine(word)}; /help lists those that there are.`)
  }
  try {
    return await command.run(chat, argument)
  } catch (error) {
    screen.note(describeFailure(error, screen.notes, debug))
  }
}

/** A command by its name, or by a beginning of it that no other has. */
function findCommand(word: string): SlashCommand | undefined {
  const name = word === 'quit' ? 'exit' : word
  const found = slashCommands.filter((each) => name !== '' && each.name.startsWith(name))
  return found.find((each) => each.name === name) ?? (found.length === 1 ? found[0] : undefined)
}

/** Completes the beginning of a command. */
export function completeSlashCommand(line: string): [string[], string] {
  if (!line.startsWith('/') || line.includes(' ')) return [[], line]
  const words = slashCommands.map(({ name, parameters }) => `/${name}${parameters && ' '}`)
  return [words.filter((each) => each.startsWith(line)), line]
}
