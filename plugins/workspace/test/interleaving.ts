// Somebody strikes once, right after the k-th step that a tool takes in the file system, for every k.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { steps } from './steps.ts'
import { makeTree, type Tree } from './tree.ts'
import { ways } from './ways.ts'

const strikes: Readonly<Record<string, (tree: Tree) => void>> = {
  'the folder becomes a link that leads out'({ at, beside }) {
    renameSync(at('folder'), at('moved'))
    symlinkSync(beside(''), at('folder'))
  },
  'the folder above becomes a link that leads out'({ at, beside }) {
    renameSync(at('above'), at('moved'))
    symlinkSync(beside(''), at('above'))
  },
  'the file becomes a link that leads out'({ at, beside }) {
    rmSync(at('folder/a.txt'))
    symlinkSync(beside('a.txt'), at('folder/a.txt'))
  },
  'the file becomes a pipe'({ at }) {
    rmSync(at('folder/a.txt'))
    execFileSync('mkfifo', [at('folder/a.txt')])
  },
  'the file becomes a folder'({ at }) {
    rmSync(at('folder/a.txt'))
    execFileSync('mkdir', ['-p', at('folder/a.txt/b')])
  },
  'everything goes'({ at }) {
    rmSync(at(''), { recursive: true })
  },
}

/** The tests. The file that runs them mocks `node:fs/promises` by `countSteps`. */
export function testInterleaving(): void {
  for (const [way, go] of Object.entries(ways)) {
    for (const [what, strike] of Object.entries(strikes)) {
      test(`${way} leaks nothing when ${what}, after whichever step`, async () => {
        const paths = way === 'list' ? ['folder', 'above/deep'] : ['folder/a.txt', 'above/deep/a.txt']
        if (way === 'write') paths.push('folder/new/a.txt', 'above/new/new/a.txt')
        for (const path of paths) {
          for (let k = 1, isStruck = true; isStruck; k++) {
            const files = { 'folder/a.txt': 'line INSIDE', 'above/deep/a.txt': 'line INSIDE' }
            const tree = makeTree(files)
            writeFileSync(tree.beside('a.txt'), 'line SECRET')
            Object.assign(steps, { taken: 0, strikeAfter: k, strike: () => strike(tree) })
            const answer = await go(tree.root, path, 'line').then(
              JSON.stringify,
              (error: Error) => error.message,
            )
            isStruck = steps.taken >= k
            expect(String(answer), `step ${k} of ${path}`).not.toMatch(/SECRET|secret/)
            expect(String(answer)).toMatch(/^\[RETINUE_WORKSPACE_|INSIDE|entr|Replaced|Created|0 files/)
            expect(readdirSync(tree.beside(''), { recursive: true })).toEqual(['a.txt', 'secret.txt'])
            expect(readFileSync(tree.beside('a.txt'), 'utf8')).toBe('line SECRET')
          }
          expect(steps.taken).toBeGreaterThan(3)
        }
      })
    }
  }
}
