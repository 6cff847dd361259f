#!/usr/bin/env node
// The process: runs the command line, tells what fails, and ends with its exit code.
import module from 'node:module'
import { CommanderError } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { makeProgram } from './program.ts'
import { quietExperiments } from './quiet-experiments.ts'

quietExperiments()
// Keeps what is compiled between two commands, where this Node can: a command starts in half the time.
module.enableCompileCache?.()
// Whoever reads may stop reading: retinue sessions | head. A turn that goes on ends as by Ctrl-C, and is kept.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!process.emit('SIGINT')) process.exit(process.exitCode ?? exitCodes.done)
  })

const program = makeProgram((exitCode) => {
  process.exitCode = exitCode
})
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command.exitOverride()

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  else {
    const [{ describeFailure }, { wrapped }] = await Promise.all([
      import('./failure.ts'),
      import('./terminal/wrapped.ts'),
    ])
    const text = describeFailure(error, process.stderr, process.argv.includes('--debug'))
    console.error(wrapped(text, process.stderr))
    process.exitCode = exitCodes.failed
  }
}
