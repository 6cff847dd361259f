// The application that `retinue init` and `npm create retinue` make, as it is made: started, tested and talked to. Its
// dependencies are links to the packages here.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { scaffoldApplication } from 'create-retinue'
import { describe, expect, test } from 'vitest'
import { makeFolder } from './a-folder.ts'
import { bundleCommand, retinue } from './command.ts'

bundleCommand()

const root = join(import.meta.dirname, '..', '..', '..')
const homes: Readonly<Record<string, string>> = { retinue: 'packages/cli' }

/** Links what an application names to the packages of this repository. */
function link(folder: string): void {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies', Record<string, string>>
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    const short = name.replace(/^@retinue\/(?:plugin-)?/, '')
    const home =
      homes[name] ?? [`packages/${short}`, `plugins/${short}`].find((each) => existsSync(join(root, each)))
    if (home === undefined) continue // of the compiler, which is not run here
    const place = join(folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(root, home), place)
  }
}

describe.each(['ts', 'js'] as const)('a new application in %s', (language) => {
  test('starts, passes its test and can be talked to, as it is', async () => {
    const folder = join(makeFolder(), 'my-agent')
    scaffoldApplication({ folder, language })
    link(folder)
    const node = (...args: string[]) =>
      promisify(execFile)(process.execPath, ['--conditions=@retinue/source', ...args], {
        cwd: folder,
        env: { PATH: process.env['PATH'] },
      })
    const [started, tested, talk] = await Promise.all([
      node(`src/main.${language}`),
      node('--test'),
      retinue(folder, ['chat'], { input: 'What time is it?\n' }),
    ])
    expect(started.stdout).toMatch(/^> What time is it\?\n\[clock_now \{\}\]\noffline model: .* UTC/s)
    expect(tested.stdout).toMatch(/pass 1\n[^]*fail 0\n/)
    expect(talk).toMatchObject({ code: 0, out: expect.stringContaining('clock_now') })
    expect(talk.err).toContain('No model is configured')
  })
})
