#!/usr/bin/env node
// The command: `npm create retinue-plugin <folder>`. It asks for what it is not told, where somebody is there to ask.
import { basename, resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { intro, isCancel, multiselect, outro, text } from '@clack/prompts'
import { told } from 'create-retinue'
import { parts, readParts, type Part } from './part.ts'
import { scaffoldPlugin, type NewPlugin } from './scaffold.ts'
import { spellingsOf } from './spelling.ts'

const usage = `Makes the package of a new retinue plugin.

  npm create retinue-plugin <folder> -- [--name <name>] [--with <parts>]

  <folder>  where it is written; a folder that is empty, or not there yet
  --name    what it is called, 'units' or '@acme/retinue-plugin-units'; else as its folder
  --with    what it contributes, with commas: ${parts.join(', ')}; else asked, or all but agent
`

const options = {
  name: { type: 'string' },
  with: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

const usual: readonly Part[] = ['tool', 'context', 'section', 'config']

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [given] = positionals
  const asks =
    process.stdin.isTTY && process.stdout.isTTY && (given === undefined || values.with === undefined)
  if (values.help || positionals.length > 1 || (given === undefined && !asks)) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const chosen = values.with === undefined ? undefined : readParts(values.with)
  const plan = asks ? await ask(given, values.name, chosen) : planOf(given!, values.name, chosen ?? usual)
  if (plan === undefined) return 130
  const files = scaffoldPlugin(plan)
  const next = told(plan.folder, files, ['test'])
  if (asks) outro(next)
  else console.log(next)
  return 0
}

function planOf(folder: string, name: string | undefined, chosen: readonly Part[]): NewPlugin {
  return { folder: resolve(folder), name: name ?? basename(resolve(folder)), parts: chosen }
}

/** Asks for what is missing; nothing where the person leaves. */
async function ask(
  given: string | undefined,
  name: string | undefined,
  chosen: readonly Part[] | undefined,
): Promise<NewPlugin | undefined> {
  intro('A new retinue plugin')
  const folder =
    given ?? (await text({ message: 'What is it called?', placeholder: 'unit-conversion', validate: whyNot }))
  if (isCancel(folder)) return undefined
  const wanted =
    chosen ??
    (await multiselect({
      message: 'What does it contribute?',
      options: parts.map((value) => ({ value, label: value, hint: hints[value] })),
      initialValues: [...usual],
    }))
  return isCancel(wanted) ? undefined : planOf(folder, name, wanted)
}

const hints: Readonly<Record<Part, string>> = {
  tool: 'something that the model can do',
  context: 'something that a session remembers',
  section: 'something that the model is told',
  config: 'something that people can set',
  agent: 'a function that makes an agent with all of it',
}

function whyNot(name: string | undefined): string | undefined {
  try {
    spellingsOf(name ?? '')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
