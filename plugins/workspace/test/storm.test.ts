// Folders are swapped for links by another process while the tools are at work. What a system without /proc can't rule
// out is not asked of it here: see `without-proc.alone.test.ts` for what holds there.
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeTree } from './tree.ts'
import { ways, waysToFolders } from './ways.ts'

const swaps = Number(process.env['RETINUE_WORKSPACE_SWAPS'] ?? 150)

for (const [way, go] of Object.entries(ways)) {
  const title = `${way} leaks nothing while a folder is swapped for a link as fast as it goes`
  test.skipIf(!existsSync('/proc/self/fd'))(title, async () => {
    const inside = { 'folder/a.txt': 'line INSIDE', 'folder/deep/b.txt': 'line INSIDE' }
    const { root, at, beside } = makeTree(inside)
    mkdirSync(beside('deep'))
    const outside = ['a.txt', 'deep/b.txt', 'deep/secret.txt', 'secret.txt']
    for (const path of outside) writeFileSync(beside(path), 'line SECRET')
    const paths = waysToFolders.includes(way) ? ['folder', 'folder/deep'] : Object.keys(inside)
    if (way === 'write') paths.push('folder/new/c.txt')

    const swapper = swapInAnotherProcess(at('folder'), beside(''), swaps)
    let answers = 0
    while (swapper.exitCode === null) {
      for (const path of paths) {
        const answer = await go(root, path, 'line').catch(() => undefined)
        if (answer !== undefined) answers++
        expect(JSON.stringify(answer) ?? '').not.toMatch(/secret\.txt|SECRET/)
      }
    }

    expect(swapper.exitCode).toBe(0)
    expect(answers).toBeGreaterThan(0)
    expect(readdirSync(beside(''), { recursive: true, encoding: 'utf8' }).sort()).toEqual(
      ['deep', ...outside].sort(),
    )
    for (const path of outside) expect(readFileSync(beside(path), 'utf8')).toBe('line SECRET')
  })
}

/** Replaces a folder by a link and back, again and again, from another process: nothing is in step with the test. */
function swapInAnotherProcess(folder: string, target: string, times: number): ChildProcess {
  const script = `
    const { renameSync, rmSync, symlinkSync } = require('node:fs')
    const [folder, target, times] = process.argv.slice(1)
    const wait = () => { for (const until = performance.now() + Math.random() / 2; performance.now() < until; ); }
    const clear = () => rmSync(folder, { recursive: true, force: true })
    const parent = process.ppid
    const force = (action) => {
      while (process.ppid === parent) try { return action() } catch { try { clear() } catch {} }
      process.exit()
    }
    for (let i = 0; i < times; i++) {
      renameSync(folder, folder + '.bak')
      wait()
      force(() => symlinkSync(target, folder))
      wait()
      force(clear)
      force(() => renameSync(folder + '.bak', folder))
      wait()
    }`
  return spawn(process.execPath, ['-e', script, folder, target, String(times)], { stdio: 'inherit' })
}
