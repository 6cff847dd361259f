#!/usr/bin/env node
// The process: runs the command line, tells what fails, and ends with its exit code.
import module from 'node:module'
import { CommanderError } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { makeProgram } from './program.ts'
import { quietExperiments } from './quiet-experiments.ts'

/** What an aborted turn may take to be kept. */
const timeToKeepMs = 1000

quietExperiments()
// Keeps what is compiled between two commands, where this Node can: a command starts in half the time.
module.enableCompileCache?.()
// Whoever reads may stop reading (retinue sessions | head), and a terminal may close. A turn that goes on ends as by
// Ctrl-C, and is kept.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
    if (!process.emit('SIGINT')) process.exit(process.exitCode ?? exitCodes.done)
  })
// So it does where the process is to end; one that goes on after the turn, as a chat does, ends a moment later.
for (const signal of ['SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    const end = (): void => void (process.emit('SIGINT') || process.exit(exitCodes.interrupted))
    end()
    setTimeout(end, timeToKeepMs).unref()
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
