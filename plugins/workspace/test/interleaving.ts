// Somebody strikes right after the k-th step that a tool takes in the file system, for every k; and for some, takes the
// blow back one or two steps later, so that all seems as it was.
import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { steps } from './steps.ts'
import { makeTree, temporary, type Tree } from './tree.ts'
import { ways, waysToFolders } from './ways.ts'

/** A pipe that is linked to where one is wanted: making each by a process of its own would be most of the time. */
let pipe: string

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
    linkSync(pipe, at('folder/a.txt'))
  },
  'the file becomes a folder'({ at }) {
    rmSync(at('folder/a.txt'))
    mkdirSync(at('folder/a.txt/b'), { recursive: true })
  },
  'everything goes'({ at }) {
    rmSync(at(''), { recursive: true })
  },
}

const blow = 'the folder becomes a link that leads out'

/**
 * The tests. The file that runs them mocks `node:fs/promises` by `countSteps`.
 * @param stealthy the ways that hold also where the blow is taken back.
 */
export function testInterleaving(stealthy: readonly string[]): void {
  beforeAll(() => {
    pipe = join(mkdtempSync(join(temporary, 'retinue-workspace-')), 'pipe')
    execFileSync('mkfifo', [pipe])
  })
  afterAll(() => rmSync(dirname(pipe), { recursive: true }))
  for (const way of Object.keys(ways)) {
    for (const what of Object.keys(strikes)) {
      test(`${way} leaks nothing when ${what}, after whichever step`, async () => {
        expect(await survive(way, strikes[what]!)).toBeGreaterThan(3)
      })
    }
  }
  for (const way of stealthy) {
    for (const later of [1, 2]) {
      test(`${way} leaks nothing when ${blow}, and itself ${later} later`, async () => {
        expect(await survive(way, strikes[blow]!, later)).toBeGreaterThan(3)
      })
    }
  }
}

/** Strikes after each step in turn, and checks what came of it; gives the number of steps. */
async function survive(way: string, strike: (tree: Tree) => void, later = 0): Promise<number> {
  const paths = waysToFolders.includes(way) ? ['folder', 'above/deep'] : ['folder/a.txt', 'above/deep/a.txt']
  if (way === 'write') paths.push('folder/new/a.txt', 'above/new/new/a.txt')
  for (const path of paths) {
    for (let k = 1, isStruck = true; isStruck; k++) {
      const tree = makeTree({ 'folder/a.txt': 'line INSIDE', 'above/deep/a.txt': 'line INSIDE' })
      writeFileSync(tree.beside('a.txt'), 'line SECRET')
      steps.taken = 0
      steps.strikes = new Map([
        [k + later, () => takeBack(tree)],
        [k, () => strike(tree)],
      ])
      const answer = await ways[way]!(tree.root, path, 'line').then(
        JSON.stringify,
        (error: Error) => error.message,
      )
      isStruck = steps.taken >= k
      expect(String(answer), `step ${k} of ${path}`).not.toMatch(/SECRET|secret|retinue-workspace-/)
      expect(String(answer)).toMatch(/^\[RETINUE_WORKSPACE_|INSIDE|entr|Replaced|Created|\d files?/)
      expect(readdirSync(tree.beside(''), { recursive: true })).toEqual(['a.txt', 'secret.txt'])
      expect(readFileSync(tree.beside('a.txt'), 'utf8')).toBe('line SECRET')
    }
  }
  return steps.taken
}

function takeBack({ at }: Tree): void {
  rmSync(at('folder'))
  renameSync(at('moved'), at('folder'))
}
