#!/usr/bin/env node
// The command: `npm create retinue-plugin <folder>`. It asks for what it is not told, where somebody is there to ask.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { intro, outro } from '@clack/prompts'
import { nextSteps } from 'create-retinue'
import { parts, readParts, type Part } from './part.ts'
import { placeIn, placeOf, type Place } from './place.ts'
import { askParts, askPlace, usualParts } from './questions.ts'
import { scaffoldPlugin, type NewPlugin } from './scaffold.ts'

const usage = `Makes the package of a new retinue plugin.

  npm create retinue-plugin <folder> -- [--name <name>] [--with <parts>]

  <folder>  where it is written; a folder that is empty, or not there yet; else as its name, which may stand here, too
  --name    what it is called, 'units' or '@acme/retinue-plugin-units'; else as its folder
  --with    what it contributes, with commas: ${parts.join(', ')}; else asked, or all but agent
`

const options = {
  name: { type: 'string' },
  with: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [folder] = positionals
  const { name } = values
  const isNamed = folder !== undefined || name !== undefined
  const asks = process.stdin.isTTY && process.stdout.isTTY && (!isNamed || values.with === undefined)
  if (values.help || positionals.length > 1 || (!isNamed && !asks)) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const given = {
    place: folder !== undefined ? placeIn(folder, name) : name !== undefined ? placeOf(name) : undefined,
    parts: values.with === undefined ? undefined : readParts(values.with),
  }
  const plan = asks ? await ask(given) : { ...given.place!, parts: given.parts ?? usualParts }
  if (plan === undefined) return 130
  const files = scaffoldPlugin(plan)
  const next = nextSteps(plan.folder, files, ['test'])
  if (asks) outro(next)
  else console.log(next)
  return 0
}

/** Asks for what is missing; nothing where the person leaves. */
async function ask(given: {
  readonly place: Place | undefined
  readonly parts: readonly Part[] | undefined
}): Promise<NewPlugin | undefined> {
  intro('A new retinue plugin')
  const place = given.place ?? (await askPlace())
  const wanted = place && (given.parts ?? (await askParts()))
  return place && wanted && { ...place, parts: wanted }
}
