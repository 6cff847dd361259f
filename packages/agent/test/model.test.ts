import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
    ['without a stream', { specificationVersion: 'v4' }, "of version 'v4'"],
  ])('%s is refused with what to do (SPEC 55)', async (_, model, text) => {
    const running = run(aSession(), 'Hi', { model: model as never })
    await expect(running.result).rejects.toMatchObject({
      code: 'RETINUE_MODEL_UNSUPPORTED',
      message: expect.stringContaining(text),
    })
  })
})

describe('a model by name', () => {
  test("is loaded from the application's folder where this package does not see it (SPEC 55)", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'retinue-'))
    const home = join(folder, 'node_modules', '@ai-sdk', 'openai')
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
    writeFileSync(
      join(home, 'index.js'),
      `export const openai = (modelId) => ({ specificationVersion: 'v4', provider: 'there', modelId, doStream() {} })`,
    )
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder)
    vi.stubEnv('OPENAI_API_KEY', 'k')
    try {
      const running = run(aSession(), 'Hi', { model: 'openai/gpt-5' })
      for await (const event of running) {
        if (event.type !== 'run-start') continue
        expect(event.model).toEqual({ provider: 'there', modelId: 'gpt-5' })
        break
      }
      await running.result.catch(() => {})
    } finally {
      cwd.mockRestore()
      vi.unstubAllEnvs()
      rmSync(folder, { recursive: true })
    }
  })

  test.each(['gpt-5', 'nobody/x', 'openai/', '/x', 'constructor/x'])(
    'is refused where it names none: %s (SPEC 55)',
    async (name) => {
      await expect(resolveModel(name)).rejects.toMatchObject({ code: 'RETINUE_MODEL_UNKNOWN' })
    },
  )

  test.each([
    ['openai/gpt-5', '@ai-sdk/openai'],
    ['anthropic/claude', '@ai-sdk/anthropic'],
    ['google/gemini', '@ai-sdk/google'],
    ['compatible/llama', '@ai-sdk/openai-compatible'],
  ])('says what to install where its package is missing: %s (SPEC 55)', async (name, pack) => {
    await expect(resolveModel(name)).rejects.toMatchObject({
      code: 'RETINUE_MODEL_NOT_INSTALLED',
      message: expect.stringContaining(`Run: npm i ${pack}`),
    })
  })

  test('is loaded from its package, with what the environment holds (SPEC 55)', async () => {
    const made = (id: string, settings?: unknown) => ({
      specificationVersion: 'v4',
      doStream() {},
      id,
      settings,
    })
    vi.doMock('@ai-sdk/openai', () => ({ openai: made }))
    vi.doMock('@ai-sdk/anthropic', () => ({ anthropic: made }))
    vi.doMock('@ai-sdk/google', () => ({ google: made }))
    vi.doMock('@ai-sdk/openai-compatible', () => ({
      createOpenAICompatible: (settings: unknown) => (id: string) => made(id, settings),
    }))
    try {
      await expect(resolveModel('openai/org/model')).rejects.toMatchObject({
        code: 'RETINUE_MODEL_NOT_CONFIGURED',
      })
      vi.stubEnv('OPENAI_API_KEY', 'k')
      expect(await resolveModel('openai/org/model')).toMatchObject({ id: 'org/model' })
      vi.stubEnv('ANTHROPIC_API_KEY', 'k')
      expect(await resolveModel('anthropic/a')).toMatchObject({ id: 'a' })
      vi.stubEnv('GOOGLE_GENERATIVE_AI_API_KEY', 'k')
      expect(await resolveModel('google/g')).toMatchObject({ id: 'g' })
      await expect(resolveModel('compatible/llama')).rejects.toThrow('OPENAI_COMPATIBLE_BASE_URL')
      vi.stubEnv('OPENAI_COMPATIBLE_BASE_URL', 'http://127.0.0.1:1/v1')
      expect(await resolveModel('compatible/llama')).toMatchObject({
        settings: { baseURL: 'http://127.0.0.1:1/v1' },
      })
    } finally {
      for (const name of ['openai', 'anthropic', 'google']) vi.doUnmock(`@ai-sdk/${name}`)
      vi.doUnmock('@ai-sdk/openai-compatible')
      vi.unstubAllEnvs()
    }
  })
})
