// `retinue init`: a new application in a folder. It asks for what the flags do not say, where there is a terminal.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { RetinueError } from '@retinue/kernel'
import { defaultPlugins } from '../default-plugins.ts'
import { exitCodes } from '../exit-codes.ts'
import { reasonOf } from '../failure.ts'
import { filesOf, toolsetOf } from '../new-application.ts'
import { askText, choose } from '../terminal/question.ts'
import { styleFor } from '../terminal/style.ts'

/** The flags of init. */
export interface InitFlags {
  readonly plugin: readonly string[]
  readonly model?: string
  readonly yes?: boolean
}

/** Makes an application; gives the exit code. */
export async function init(folder: string | undefined, flags: InitFlags): Promise<number> {
  const canAsk = flags.yes !== true && process.stdin.isTTY && process.stdout.isTTY
  const place = folder ?? (canAsk ? await askText(terminal(), 'In which folder?', 'my-agent') : undefined)
  if (place === undefined || place === '') return canAsk ? exitCodes.interrupted : refuse()
  const root = resolve(place)
  refuseTaken(root)
  const plugins = flags.plugin.length > 0 ? flags.plugin : canAsk ? await askPlugin() : [usual]
  if (plugins === undefined) return exitCodes.interrupted
  for (const plugin of plugins) refuseNoPackage(plugin)
  const files = filesOf({
    name: packageName(root),
    plugins,
    model: flags.model,
    runsTypeScript: Boolean(process.features.typescript),
  })
  write(root, files)
  report(root, Object.keys(files), plugins)
  return exitCodes.done
}

const usual = '@retinue/plugin-workspace'

function terminal() {
  return { input: process.stdin, output: process.stdout }
}

async function askPlugin(): Promise<readonly string[] | undefined> {
  const choices = Object.keys(defaultPlugins).map((value) => ({ value, label: value }))
  const chosen = await choose(terminal(), 'With which plugin?', [...choices, { value: '', label: 'none' }])
  if (chosen === undefined) return undefined
  return chosen === '' ? [] : [chosen]
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text, { flag: 'wx' })
    }
  } catch (cause) {
    throw new RetinueError('RETINUE_CLI_INIT', `The files could not be written: ${reasonOf(cause)}.`, {
      cause,
    })
  }
}

function report(root: string, files: readonly string[], plugins: readonly string[]): void {
  const style = styleFor(process.stdout)
  const lines = files.map((file) => `${style.green('+')} ${file}`)
  const strange = plugins.filter((plugin) => toolsetOf(plugin) === undefined)
  if (strange.length > 0)
    lines.push(`Add the toolsets of ${strange.join(', ')} to agents/guide.md: retinue doctor names them.`)
  const place = relative(process.cwd(), root)
  lines.push('', `Next: ${place === '' ? '' : `cd ${place} && `}npm install && npm run chat`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

function refuseTaken(root: string): void {
  if (!existsSync(root)) return
  let names: string[]
  try {
    names = readdirSync(root).filter((name) => name !== '.git')
  } catch (cause) {
    throw new RetinueError('RETINUE_CLI_INIT', `${root} is no folder.`, { hint: 'Name a new one.', cause })
  }
  if (names.length === 0) return
  throw new RetinueError('RETINUE_CLI_INIT', `${root} is not empty.`, {
    hint: 'Name a new folder: nothing that is there is written over.',
  })
}

function refuseNoPackage(plugin: string): void {
  if (/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(plugin)) return
  throw new RetinueError('RETINUE_CLI_INIT', `'${plugin}' is no name of a package.`, {
    hint: `Give the name that npm knows, such as ${usual}.`,
  })
}

function refuse(): never {
  throw new RetinueError('RETINUE_CLI_INPUT', 'There is no terminal to ask in.', {
    hint: 'Name the folder: retinue init my-agent',
  })
}

function packageName(root: string): string {
  const name = basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
  return name === '' ? 'my-agent' : name
}
