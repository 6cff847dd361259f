// The command as an author runs it, on a sound plugin and on one that is not, from this package's sources.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const bin = join(import.meta.dirname, '..', 'src', 'bin.ts')
const sound = join(import.meta.dirname, 'sound-plugin')

function command(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const given = ['--conditions=@retinue/source', '--no-warnings', bin, ...args]
    execFile(process.execPath, given, { cwd: sound }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
    )
  })
}

test('tells of each promise whether it is kept, and why one could not be looked at', async () => {
  const { code, output } = await command('./lib/index.js')
  expect(output).toContain('retinue-plugin-sound 1.2.3\n  kept     its package.json fits it')
  expect(output).toContain('  skipped  its tools give no secret away: no tool may be called')
  expect(output).toMatch(/\d+ kept, 0 broken, 1 skipped\n$/)
  expect(code).toBe(0)
}, 240_000)

test('says what is broken and how to mend it, and fails; of sources it asks what sources can tell', async () => {
  const folder = join(import.meta.dirname, '.made-by-bin')
  try {
    for (const name of ['src', 'test/fixtures']) mkdirSync(join(folder, name), { recursive: true })
    const manifest = { name: 'tiny', version: '1.0.0', type: 'module', sideEffects: ['./src/index.ts'] }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    writeFileSync(join(folder, 'test', 'fixtures', 'v1.json'), '{ "format": 1')
    writeFileSync(join(folder, 'src', 'index.ts'), tiny)
    const { code, output } = await command(join(folder, 'src', 'index.ts'))
    expect(output).toContain(
      '  BROKEN   what earlier versions saved is brought up to date\n           [RETINUE_CONTRACT_BROKEN]',
    )
    expect(output).toContain('  BROKEN   the file that defines it registers nothing\n')
    expect(output).not.toContain('survives')
    expect(code).toBe(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

const tiny = `import { Context, definePlugin, register } from '@retinue/kernel'
class Tiny extends Context('tiny', {}) {}
export const plugin = definePlugin({ name: 'tiny', version: '1.0.0', contributes: [Tiny] })
register(plugin)
`

test('refuses what is no plugin, and shows how it is used', async () => {
  expect(await command('node:fs')).toMatchObject({
    code: 2,
    output: expect.stringContaining('exports no plugin'),
  })
  expect(await command()).toMatchObject({
    code: 2,
    output: expect.stringContaining('npx @retinue/testing ./dist'),
  })
  expect((await command('--help')).code).toBe(0)
})
