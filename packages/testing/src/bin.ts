#!/usr/bin/env node
// The command: puts the plugins of one entry to the contract, and says of each promise whether it is kept, broken, or
// could not be looked at.
import { resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { pathToFileURL } from 'node:url'
import { RetinueError, type Plugin } from '@retinue/kernel'
import { Skip } from './verdict.ts'
import { checksFor } from './plugin/contract.ts'
import { subjectOf, type Subject } from './plugin/subject.ts'

const usage = `Puts a plugin to the contract that every retinue plugin keeps.

  npx @retinue/testing ./dist/index.js [--alongside <module>]… [--fixtures <folder>]

  <file>        the built file that registers it, and exports it as definePlugin() made it
  --alongside   the module of another plugin that this one needs, or its fixtures hold something of; may be repeated
  --fixtures    the folder of snapshots of earlier versions; else test/fixtures in the package
`

const options = {
  alongside: { type: 'string', multiple: true, default: [] },
  fixtures: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options']

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [entry] = positionals
  if (values.help || entry === undefined || positionals.length > 1) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const alongside = (await Promise.all(values.alongside.map(pluginsOf))).flat()
  const { fixtures } = values
  let broken = 0
  for (const plugin of await pluginsOf(entry)) {
    broken += await judge(
      subjectOf({ plugin, entry, alongside, ...(fixtures !== undefined && { fixtures }) }),
    )
  }
  return broken === 0 ? 0 : 1
}

/** Tells of each promise, and gives the number of those that are broken. */
async function judge(subject: Subject): Promise<number> {
  const { name, version } = subject.plugin
  console.log(`${name} ${version}`)
  const count = { kept: 0, broken: 0, skipped: 0 }
  for (const check of checksFor(subject)) {
    try {
      await check.run(subject)
      count.kept++
      console.log(`  kept     ${check.name}`)
    } catch (error) {
      if (error instanceof Skip) {
        count.skipped++
        console.log(`  skipped  ${check.name}: ${error.message}`)
      } else {
        count.broken++
        const told = error instanceof Error ? error.message : String(error)
        console.log(`  BROKEN   ${check.name}\n${told.replace(/^/gm, '           ')}`)
      }
    }
  }
  console.log(`${count.kept} kept, ${count.broken} broken, ${count.skipped} skipped`)
  return count.broken
}

/** The plugins that a module exports. */
async function pluginsOf(module: string): Promise<Plugin[]> {
  const isPath = /^\.{0,2}[\\/]|^[A-Za-z]:[\\/]|\.[cm]?[jt]s$/.test(module)
  const exported = (await import(isPath ? pathToFileURL(resolve(module)).href : module)) as object
  const plugins = [...new Set(Object.values(exported))].filter(isPlugin)
  if (plugins.length > 0) return plugins
  throw new RetinueError('RETINUE_CONTRACT_SUBJECT', `${module} exports no plugin.`, {
    hint: 'Let it export what definePlugin() makes: export * from the file that defines it.',
  })
}

function isPlugin(value: unknown): value is Plugin {
  const { name, version, contributes } = Object(value) as Partial<Plugin>
  return typeof name === 'string' && typeof version === 'string' && Array.isArray(contributes)
}
