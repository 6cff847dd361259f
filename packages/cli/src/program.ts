// The command line: what there is to say, what it means, and an example of each. The code of a command is loaded when
// it is called, so that help and version come at once.
import { Command, Option } from 'commander'
import { cliVersion } from './version.ts'

/** Makes the command line; `done` gets the exit code of the command that ran. */
export function makeProgram(done: (exitCode: number) => void): Command {
  const program = new Command('retinue')
    .description('Chat with retinue agents, run them in scripts, and look into their sessions.')
    .version(cliVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'print the help of a command')
    .showHelpAfterError('(--help shows what there is)')
    .allowExcessArguments(false)
    .addHelpText(
      'after',
      examples('retinue chat', 'retinue run "Which files mention a license?"', 'retinue doctor'),
    )

  common(program.command('chat'))
    .description('Talk to an agent in the terminal; in a pipe, each line is a message.')
    .addOption(agentOption())
    .addOption(modelOption())
    .addOption(sessionOption())
    .addOption(continueOption())
    .addOption(yesOption())
    .addHelpText(
      'after',
      examples(
        'retinue chat --model openai/gpt-5',
        'retinue chat --continue',
        "printf 'List the files.\\nRead README.md.\\n' | retinue chat",
      ),
    )
    .action(async (flags: object) => done(await (await import('./commands/chat.ts')).chat(flags)))

  common(program.command('run'))
    .description('Say one thing and print the answer.')
    .argument('[message...]', 'what to say; - stands for the standard input, and so do no words at all')
    .addOption(agentOption())
    .addOption(modelOption())
    .addOption(sessionOption())
    .addOption(continueOption())
    .addOption(yesOption())
    .option('--json', "print the run's events, one JSON object a line")
    .option('-q, --quiet', 'print nothing but the answer')
    .addHelpText(
      'after',
      `${examples(
        'retinue run "Read package.json." > answer.md',
        'git diff | retinue run "Review this:" -',
        'retinue run --json "List the files." | jq -r .type',
      )}\n\nThe exit code is 0; 1 where the run failed, 3 where it waits for your yes, 130 where it was interrupted.`,
    )
    .action(async (words: string[], flags: object) =>
      done(await (await import('./commands/run.ts')).runOnce(words, flags)),
    )

  const list = async (_flags: object, command: Command): Promise<void> =>
    done(await (await sessionCommands()).listSessions(command.optsWithGlobals()))
  const sessions = common(program.command('sessions'))
    .description('List the sessions of this project; show, delete or copy one.')
    .option('--json', 'print JSON, one object a line')
    .addHelpText(
      'after',
      examples('retinue sessions', 'retinue sessions show 3f2a', 'retinue sessions delete 3f2a 77c0'),
    )
    .action(list)
  common(sessions.command('list'))
    .description('List them, as sessions alone does.')
    .option('--json', 'print JSON, one object a line')
    .action(list)
  common(sessions.command('show'))
    .description('Show what was said in a session.')
    .argument('<id>', 'the beginning of its id')
    .option('--json', 'print the session as it is kept, with the whole of what tools gave')
    .addHelpText('after', examples('retinue sessions show 3f2a'))
    .action(async (id: string, _flags: object, command: Command) =>
      done(await (await sessionCommands()).showSession(id, command.optsWithGlobals())),
    )
  common(sessions.command('delete'))
    .description('Delete sessions for good.')
    .argument('<id...>', 'the beginnings of their ids')
    .addHelpText('after', examples('retinue sessions delete 3f2a'))
    .action(async (ids: string[], _flags: object, command: Command) =>
      done(await (await sessionCommands()).deleteSessions(ids, command.optsWithGlobals())),
    )
  common(sessions.command('fork'))
    .description('Copy a session, to go on with it in another way; prints the id of the copy.')
    .argument('<id>', 'the beginning of its id')
    .addHelpText('after', examples('retinue chat --session "$(retinue sessions fork 3f2a)"'))
    .action(async (id: string, _flags: object, command: Command) =>
      done(await (await sessionCommands()).forkSession(id, command.optsWithGlobals())),
    )

  common(program.command('inspect'))
    .description(
      'Show what a session holds and who asked for it, what its prompt costs, and what was committed when.',
    )
    .argument('<session>', 'the beginning of its id')
    .option('--json', 'print JSON')
    .addHelpText('after', examples('retinue inspect 3f2a', 'retinue inspect 3f2a --json | jq .prompt.tokens'))
    .action(async (id: string, flags: object) =>
      done(await (await import('./commands/inspect.ts')).inspectSession(id, flags)),
    )

  common(program.command('doctor'))
    .description(
      'Check what is there: versions, plugins, agents, models, sessions. Fails where something is wrong.',
    )
    .option('--connect', 'send a short message to each configured model')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('retinue doctor', 'retinue doctor --connect', 'retinue doctor --json | jq .ok'),
    )
    .action(async (flags: object) => done(await (await import('./commands/doctor.ts')).doctor(flags)))

  program
    .command('init')
    .description('Make a new application in a folder.')
    .argument('[folder]', 'where; it must be empty or new')
    .option('--plugin <package>', 'a plugin to begin with, else asked; may be given again', collected)
    .option('--model <name>', 'the model of its agent, else the offline model')
    .option('-y, --yes', 'ask nothing')
    .option('--debug', 'show stack traces')
    .addHelpText(
      'after',
      examples('retinue init my-agent', 'retinue init my-agent --yes --plugin @retinue/plugin-workspace'),
    )
    .action(async (folder: string | undefined, flags: object) =>
      done(await (await import('./commands/init.ts')).init(folder, flags as never)),
    )
  return program
}

function sessionCommands() {
  return import('./commands/sessions.ts')
}

function common(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration, instead of the nearest retinue.config.ts')
    .option('--data <folder>', 'where sessions are kept, instead of .retinue in the project')
    .option('--debug', 'show stack traces')
}

function agentOption(): Option {
  return new Option('-a, --agent <name>', 'the agent, of agents/*.md or the configuration')
}

function modelOption(): Option {
  return new Option('-m, --model <name>', 'the model, such as openai/gpt-5, or offline')
}

function sessionOption(): Option {
  return new Option('-s, --session <id>', 'the session to go on with: the beginning of its id').conflicts(
    'continue',
  )
}

function continueOption(): Option {
  return new Option('-c, --continue', 'go on with the last session')
}

function yesOption(): Option {
  return new Option('-y, --yes', 'answer yes to every call of a tool that asks')
}

function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`
}
