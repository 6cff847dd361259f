import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

let home: string
beforeAll(() => (home = mkdtempSync(join(tmpdir(), 'create-retinue-'))))
afterAll(() => rmSync(home, { recursive: true, force: true }))

// Node gives it files alone: whatever asks the network for something, or starts a process, ends it.
const fence = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*']

function command(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const bin = join(import.meta.dirname, '..', 'src', 'bin.ts')
  const given = [...fence, '--conditions=@retinue/source', '--no-warnings', bin, ...args]
  return new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
    const options = { cwd: home, env: { PATH: process.env['PATH'], ...env } }
    execFile(process.execPath, given, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
    )
  })
}

test('the command makes an application without asking where nobody is there, and says how to go on', async () => {
  const [npm, pnpm] = await Promise.all([
    command(['my agent', '--plugin', '@acme/plugin']),
    command(['other'], { npm_config_user_agent: 'pnpm/12.0.0 npm/? node/v20.20.2' }),
  ])
  expect(npm.output).toContain('cd "my agent"\n  npm install\n  npm start\n  npm test\n  npm run chat\n')
  expect(npm.output).toContain('the toolsets of @acme/plugin')
  expect(pnpm.output).toContain('cd other\n  pnpm install\n')
  expect([npm.code, pnpm.code, existsSync(join(home, 'other', 'src', 'main.ts'))]).toEqual([0, 0, true])
})

test('the fence in which the command is tried has no network', async () => {
  const ask = "await fetch('http://127.0.0.1:65000').catch(({ cause }) => console.log(cause.code))"
  const { stdout } = await promisify(execFile)(process.execPath, [...fence, '--input-type=module', '-e', ask])
  expect(stdout).toBe('ERR_ACCESS_DENIED\n')
})

test('the command refuses what it does not know, and says what there is', async () => {
  const [nowhere, sealed, flag, two, help] = await Promise.all([
    command([]),
    command(['/proc/my-agent']),
    command(['x', '--with', 'tool']),
    command(['x', 'y']),
    command(['--help']),
  ])
  expect(nowhere).toMatchObject({ code: 1, output: expect.stringContaining('Name one, such as my-agent') })
  expect(sealed).toMatchObject({ code: 1, output: expect.stringContaining('RETINUE_SCAFFOLD_FOLDER') })
  expect(flag).toMatchObject({ code: 1, output: expect.stringContaining("'--with'") })
  expect([two.code, help.code]).toEqual([2, 0])
  expect(help.output).toContain('npm create retinue <folder>')
  expect(existsSync(join(home, 'x'))).toBe(false)
})
