import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { complain, newId, readTextFile, readVariable } from '../src/runtime.ts'

afterEach(() => vi.unstubAllGlobals())

describe('what the kernel asks of a runtime', () => {
  it('is an id that nobody has (SPEC 27)', () => {
    const ids = new Set(Array.from({ length: 1000 }, newId))
    expect(ids.size).toBe(1000)
  })

  it('is an id as long where a page without https has no randomUUID (SPEC 27)', () => {
    const { crypto } = globalThis
    vi.stubGlobal('crypto', {
      getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes),
    })
    const ids = new Set(Array.from({ length: 1000 }, newId))
    expect(ids.size).toBe(1000)
    expect([...ids].every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true)
  })

  it('is its environment and its files, where there are any (D17)', () => {
    vi.stubEnv('RETINUE_TEST', 'here')
    expect(readVariable('RETINUE_TEST')).toBe('here')
    vi.unstubAllEnvs()
    expect(readVariable('RETINUE_TEST')).toBeUndefined()
    expect(readTextFile(fileURLToPath(import.meta.url))).toContain('its files')
    const { process } = globalThis
    for (const less of [undefined, {}, { getBuiltinModule: () => undefined }]) {
      vi.stubGlobal('process', less)
      const found = [readVariable('PATH'), readTextFile('/etc/hostname')]
      vi.stubGlobal('process', process)
      expect(found).toEqual([undefined, undefined])
    }
  })

  it('is a console to complain on, if there is one (D13)', () => {
    const said: unknown[] = []
    vi.stubGlobal('console', { error: (error: unknown) => said.push(error) })
    complain('trouble')
    vi.stubGlobal('console', undefined)
    complain('unheard')
    vi.unstubAllGlobals()
    expect(said).toEqual(['trouble'])
  })
})
