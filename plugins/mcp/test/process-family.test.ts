import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { expect, onTestFinished, test } from 'vitest'
import { ProcessFamily } from '../src/process-family.ts'
import { isAlive, processOf, until } from './connected.ts'

/** Starts a shell of a family that says when it is ready. */
async function started(family: ProcessFamily, script: string) {
  const env = { PATH: process.env['PATH'], ...family.env }
  const child = spawn('sh', ['-c', `${script}; echo ready; read -r line`], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return { child, exited: once(child, 'exit') }
}

test.runIf(process.platform === 'linux')(
  'all that are left are asked to end, and made to; another family goes on',
  async () => {
    const [ours, other] = [new ProcessFamily(), new ProcessFamily()]
    const polite = await started(ours, ':')
    const stubborn = await started(ours, "trap '' TERM")
    const { child } = await started(other, ':')
    await ours.end()
    expect([await polite.exited, await stubborn.exited]).toEqual([
      [null, 'SIGTERM'],
      [null, 'SIGKILL'],
    ])
    expect([child.exitCode, child.signalCode]).toEqual([null, null])
    await other.end()
  },
)

test.runIf(process.platform === 'linux')('it is killed at once where nobody can wait', async () => {
  const family = new ProcessFamily()
  const { exited } = await started(family, "trap '' TERM")
  family.kill()
  expect(await exited).toEqual([null, 'SIGKILL'])
  await family.end() // nobody is left
})

test('a process that ignores that it should end does not outlive the one that started it', async () => {
  const { command, args } = processOf('tiny.mjs', 'stubborn')
  const program = `
    import { spawn } from 'node:child_process'
    import { ProcessFamily } from ${JSON.stringify(new URL('../src/process-family.ts', import.meta.url))}
    const family = new ProcessFamily()
    const child = spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, { stdio: ['pipe', 'pipe', 'ignore'] })
    family.first = child
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

test('what was ended in good order leaves no listener behind', async () => {
  const before = process.listenerCount('exit')
  const families = [new ProcessFamily(), new ProcessFamily()]
  expect(process.listenerCount('exit')).toBe(before + 1)
  for (const each of families) await each.end()
  expect(process.listenerCount('exit')).toBe(before)
})
