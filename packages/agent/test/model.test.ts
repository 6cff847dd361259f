import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { offlineModel, run } from '../src/index.ts'
import { resolveModel } from '../src/model.ts'
import { aSession } from './a-session.ts'

describe('a model', () => {
  test('is told by its version and its stream, not by its class (SPEC 55)', () => {
    const model = offlineModel()
    expect(resolveModel(model)).toBe(model)
  })

  test.each([
    ['of another version', { specificationVersion: 'v5', doStream() {} }, "of version 'v5'"],
    ['of the first version', { specificationVersion: 'v1', doStream() {} }, 'speaks v2, v3 and v4'],
    ['that is none', { provider: 'x' }, 'no specificationVersion'],
    ['without a stream', { specificationVersion: 'v4', doGenerate() {} }, 'no doStream'],
  ])('%s is refused with what to do (SPEC 55)', async (_, model, text) => {
    const running = run(aSession(), 'Hi', { model: model as never })
    await expect(running.result).rejects.toMatchObject({
      code: 'RETINUE_MODEL_UNSUPPORTED',
      message: expect.stringContaining(text),
    })
  })
})

describe('a model by name', () => {
  test.each(['gpt-5', 'nobody/x', 'openai/', '/x', 'constructor/x'])(
    'is refused where it names none: %s (SPEC 55)',
    async (name) => {
      await expect(run(aSession(), 'Hi', { model: name }).result).rejects.toMatchObject({
        code: 'RETINUE_MODEL_UNKNOWN',
      })
    },
  )

  test.each([
    ['openai/org/gpt-5', 'OPENAI_API_KEY', 'openai.responses', 'org/gpt-5'],
    ['anthropic/claude-sonnet-4-5', 'ANTHROPIC_API_KEY', 'anthropic.messages', 'claude-sonnet-4-5'],
    ['google/gemini-2.5-pro', 'GOOGLE_GENERATIVE_AI_API_KEY', 'google.generative-ai', 'gemini-2.5-pro'],
    ['compatible/llama', 'OPENAI_COMPATIBLE_BASE_URL', 'compatible.chat', 'llama'],
  ])(
    'is made by the package of its provider, once the environment has what it needs: %s (SPEC 55)',
    async (name, variable, provider, modelId) => {
      vi.stubEnv(variable, '')
      await expect(resolveModel(name)).rejects.toMatchObject({
        code: 'RETINUE_MODEL_NOT_CONFIGURED',
        message: expect.stringContaining(`Set ${variable}`),
      })
      vi.stubEnv(variable, 'http://127.0.0.1:9/v1')
      expect(await resolveModel(name)).toMatchObject({ provider, modelId, specificationVersion: 'v4' })
      vi.unstubAllEnvs()
    },
  )

  test("is loaded from the application's folder, which has to have the package (SPEC 55)", async () => {
    const names = ['openai/gpt-5', 'anthropic/claude', 'google/gemini', 'compatible/llama']
    using house = strictHouse()
    const [missing, found] = await Promise.all([house.tell('bare', names), house.tell('equipped', names)])
    expect(missing).toEqual(
      ['openai', 'anthropic', 'google', 'openai-compatible'].map((pack) => ({
        code: 'RETINUE_MODEL_NOT_INSTALLED',
        hint: `Run: npm i @ai-sdk/${pack}`,
      })),
    )
    expect(found).toEqual([
      { provider: 'openai.responses' },
      { provider: 'anthropic.messages' },
      { provider: 'google.generative-ai' },
      { provider: 'compatible.chat' },
    ])
  })
})

const here = resolve(import.meta.dirname, '..')

/**
 * Two applications, one with the provider packages and one without, as a strict package manager lays them out: this
 * package sees neither's.
 */
function strictHouse() {
  const folder = mkdtempSync(join(tmpdir(), 'retinue-'))
  const link = (target: string, ...path: string[]): void => {
    mkdirSync(dirname(join(folder, ...path)), { recursive: true })
    symlinkSync(target, join(folder, ...path))
  }
  cpSync(join(here, 'src'), join(folder, 'agent', 'src'), { recursive: true })
  link(join(here, '..', 'kernel'), 'agent', 'node_modules', '@retinue', 'kernel')
  link(join(here, 'node_modules', '@ai-sdk'), 'equipped', 'node_modules', '@ai-sdk')
  mkdirSync(join(folder, 'bare'))
  for (const each of ['agent', 'bare', 'equipped'])
    writeFileSync(join(folder, each, 'package.json'), '{ "type": "module" }')
  const script = `
    import { resolveModel } from ${JSON.stringify(join(folder, 'agent', 'src', 'model.ts'))}
    const told = process.argv.slice(1).map(async (name) => {
      try { return { provider: (await resolveModel(name)).provider } }
      catch ({ code, hint }) { return { code, hint } }
    })
    console.log(JSON.stringify(await Promise.all(told)))`
  const env = {
    PATH: process.env['PATH'],
    OPENAI_API_KEY: 'k',
    ANTHROPIC_API_KEY: 'k',
    GOOGLE_GENERATIVE_AI_API_KEY: 'k',
    OPENAI_COMPATIBLE_BASE_URL: 'http://127.0.0.1:9/v1',
  }
  return {
    async tell(application: string, names: readonly string[]): Promise<unknown> {
      const argv = ['--conditions=@retinue/source', '--input-type=module', '--eval', script, ...names]
      const cwd = join(folder, application)
      return JSON.parse((await promisify(execFile)(process.execPath, argv, { cwd, env })).stdout)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
