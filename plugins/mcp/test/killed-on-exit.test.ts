import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { expect, test } from 'vitest'
import { killedOnExit } from '../src/killed-on-exit.ts'
import { isAlive, processOf, until } from './connected.ts'

test('a process that ignores that it should end does not outlive the one that started it', async () => {
  const { command, args } = processOf('tiny.mjs', 'stubborn')
  const program = `
    import { spawn } from 'node:child_process'
    import { killedOnExit } from ${JSON.stringify(new URL('../src/killed-on-exit.ts', import.meta.url))}
    const child = spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { stdio: ['pipe', 'pipe', 'ignore'] })
    killedOnExit(() => child.kill('SIGKILL'))
    child.stdout.once('data', () => {
      console.log(child.pid)
      process.exit()
    })`
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  })
  await until(() => !isAlive(Number(printed)))
  expect(Number(printed)).toBeGreaterThan(0)
})

test('what was ended in good order leaves no listener behind', () => {
  const before = process.listenerCount('exit')
  const forget = [killedOnExit(() => {}), killedOnExit(() => {})]
  expect(process.listenerCount('exit')).toBe(before + 1)
  for (const each of forget) each()
  expect(process.listenerCount('exit')).toBe(before)
})
