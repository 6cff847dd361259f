#!/usr/bin/env node
// The process: runs the command line, tells what fails, and ends with its exit code.
import module from 'node:module'
import { CommanderError } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { makeProgram } from './program.ts'
import { quietWarnings } from './quiet-warnings.ts'

/** What an aborted turn may take to be kept, and what a configuration has opened to end. */
const timeToKeepMs = 1000

quietWarnings()
// Keeps what is compiled between two commands, where this Node can: a command starts in half the time.
module.enableCompileCache?.()
// Whoever reads may stop reading (retinue sessions | head), a terminal may close, a disk be full, and a process be told
// to end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (isEnding) return
    if (code !== 'EPIPE' && code !== 'EIO') {
      console.error(`error: What is said can not be written: ${message}`)
      process.on('exit', () => (process.exitCode = exitCodes.failed))
    }
    end(exitCodes.done)
  })
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(exitCodes.interrupted))

let isEnding = false

/**
 * Ends a turn that goes on as Ctrl-C does, so that it is kept, and what goes on after the turn a moment later. A terminal
 * that closes is told several times: by a signal, and by each write to it.
 */
function end(exitCode: number): void {
  if (isEnding) return
  isEnding = true
  const interrupt = (): void => void (process.emit('SIGINT') || process.exit(process.exitCode ?? exitCode))
  interrupt()
  setTimeout(interrupt, timeToKeepMs).unref()
}

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
// What a configuration has opened, such as an MCP server, may be open still: it holds nobody who is done.
process.stdout.write('', () => setTimeout(() => process.exit(), timeToKeepMs).unref())
