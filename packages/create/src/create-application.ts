// What the commands `npm create retinue` and `retinue init` do: they ask for what they are not told, where somebody is
// there to ask, make the application, and say how to go on.
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { intro, isCancel, outro, select, settings, text } from '@clack/prompts'
import { RetinueError } from '@retinue/kernel'
import { scaffoldApplication } from './application.ts'
import { packageName, providerOf } from './name.ts'
import { checkFolder } from './new-folder.ts'
import { offeredPlugins, toolsetOf, usualPlugin } from './plugin.ts'
import { nextSteps } from './next-steps.ts'
import { whyNot } from './why-not.ts'

/** What the person said on the command line. */
export interface ApplicationWishes {
  readonly folder?: string | undefined
  /** Packages of plugins. @default asked, or the clock */
  readonly plugins?: readonly string[]
  readonly model?: string | undefined
  /** Whether to ask nothing. */
  readonly yes?: boolean | undefined
}

/**
 * Makes an application as a command does; gives whether it was made, or the person left.
 * @throws {RETINUE_SCAFFOLD_FOLDER}, {RETINUE_SCAFFOLD_NAME}
 */
export async function createApplication({
  folder: given,
  plugins: named = [],
  model,
  yes = false,
}: ApplicationWishes): Promise<boolean> {
  const asks =
    !yes && process.stdin.isTTY && process.stdout.isTTY && (given === undefined || named.length === 0)
  settings.aliases.set('\u0004', 'cancel') // Ctrl-D: only the keyboard is let go, and nobody answers
  if (asks) intro('A new application')
  const place = given ?? (asks ? await askFolder() : '')
  if (place === undefined) return false
  if (place === '') throw unnamed()
  const folder = resolve(place)
  checkPlace(folder) // before anything else is asked
  if (model !== undefined) providerOf(model)
  const plugins = named.length > 0 ? named : asks ? await askPlugin() : [usualPlugin]
  if (plugins === undefined) return false
  const files = scaffoldApplication({ folder, plugins, model })
  const strange = plugins.filter((plugin) => toolsetOf(plugin) === undefined)
  const next = nextSteps(folder, files, ['start', 'test', 'run chat'])
  const note = `\nWrite the toolsets of ${strange.join(', ')} into src/agent: npm run doctor names them.\n`
  const text = strange.length > 0 ? next + note : next
  if (asks) outro(text)
  else console.log(text)
  return true
}

/** Asks where; nothing where the person leaves. */
async function askFolder(): Promise<string | undefined> {
  const usual = 'my-agent'
  const answer = await text({
    message: 'In which folder?',
    placeholder: usual,
    defaultValue: usual,
    validate: (folder) => whyNot(() => checkPlace(fromHome(folder || usual))),
  })
  return isCancel(answer) ? undefined : fromHome(answer)
}

function checkPlace(folder: string): void {
  packageName(folder)
  checkFolder(resolve(folder))
}

/** What is written here passes no shell, which would know the home folder: ~ would be a folder of that name. */
function fromHome(folder: string): string {
  return folder.replace(/^~(?=$|[\\/])/, homedir())
}

/** Asks for the plugin to begin with; nothing where the person leaves. */
async function askPlugin(): Promise<readonly string[] | undefined> {
  const options = Object.entries(offeredPlugins).map(([value, hint]) => ({ value, label: value, hint }))
  const answer = await select({ message: 'With which plugin?', options, initialValue: usualPlugin })
  return isCancel(answer) ? undefined : [answer]
}

function unnamed(): RetinueError {
  return new RetinueError(
    'RETINUE_SCAFFOLD_FOLDER',
    'No folder was named, and nobody is asked for one here.',
    { hint: 'Name one, such as my-agent.' },
  )
}
