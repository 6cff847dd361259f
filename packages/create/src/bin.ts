#!/usr/bin/env node
// The command: `npm create retinue <folder>`.
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { createApplication } from './create-application.ts'

const usage = `Makes a new application: an agent, a plugin, a test, and a start.

  npm create retinue <folder> -- [--plugin <package>]… [--model <name>] [--yes]

  <folder>   where it is written; a folder that is empty, or not there yet
  --plugin   a plugin that its agent begins with; else asked, or @retinue/plugin-clock
  --model    the model of its agent, such as openai/gpt-5; else the offline model
  --yes      asks nothing
`

const options = {
  plugin: { type: 'string', multiple: true, default: [] },
  model: { type: 'string' },
  yes: { type: 'boolean', short: 'y', default: false },
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
  const { plugin: plugins, model, yes, help } = values
  if (help || positionals.length > 1) {
    console.log(usage)
    return help ? 0 : 2
  }
  const isMade = await createApplication({ folder: positionals[0], plugins, model, yes })
  return isMade ? 0 : 130
}
