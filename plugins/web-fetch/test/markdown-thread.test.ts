// The threads as they are in an application that was bundled, or deployed without all of its files.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

type Threads = typeof import('../src/markdown-thread.ts')

const home = join(import.meta.dirname, '..')

it('says why, where a thread can not begin, and leaves the process alive', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retinue-web-fetch-'))
  try {
    for (const file of ['src/errors.ts', 'src/markdown-thread.ts'])
      cpSync(join(home, file), join(folder, file))
    cpSync(join(home, 'node_modules/tinypool'), join(folder, 'node_modules/tinypool'), {
      recursive: true,
      dereference: true,
      filter: (path) => !path.endsWith('worker.js'),
    })
    symlinkSync(join(home, 'node_modules/@retinue'), join(folder, 'node_modules/@retinue'))
    const { markdownOf } = (await import(join(folder, 'src/markdown-thread.ts'))) as Threads
    for (const url of ['http://a.example/', 'http://b.example/'])
      await expect(markdownOf('<p>Hi', url, new AbortController().signal)).rejects.toThrow(
        'Cannot find module',
      )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
