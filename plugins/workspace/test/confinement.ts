// What must hold for every way to a file: run once as the system is, and once as if it did not tell where open files are.
import { execFileSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Root } from '../src/root.ts'
import { makeTree } from './tree.ts'
import { ways } from './ways.ts'

/** The tests of the fence. */
export function testConfinement(): void {
  for (const [way, go] of Object.entries(ways)) {
    test(`${way} refuses '..', wherever in the path it stands`, async () => {
      const { root, beside } = makeTree({ 'a/b.txt': 'text' })
      for (const path of [
        '..',
        '../outside/secret.txt',
        'a/../../outside/secret.txt',
        'a/..',
        './../x',
        'new/../x',
      ]) {
        await expect(go(root, path), path).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_PATH' })
      }
      expect(readdirSync(beside(''))).toEqual(['secret.txt'])
    })

    test(`${way} refuses absolute paths, even those that lie below the root`, async () => {
      const { root, at, beside } = makeTree({ 'a.txt': 'SECRET' })
      for (const path of [beside('secret.txt'), at('a.txt'), '/', '/etc/passwd', '//x']) {
        await expect(go(root, path), path).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_PATH' })
      }
    })

    test(`${way} refuses a NUL in a path`, async () => {
      const { root } = makeTree({ 'a.txt': 'SECRET' })
      await expect(go(root, 'a.txt\0.png')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_PATH' })
    })

    test(`${way} refuses links that lead out, relative or absolute, to files or through folders, at any depth`, async () => {
      const { root, at, beside } = makeTree({ 'deep/er/a.txt': 'text' })
      symlinkSync(beside('secret.txt'), at('file-link'))
      symlinkSync(relative(at(''), beside('secret.txt')), at('relative-link'))
      symlinkSync(beside(''), at('deep/er/folder-link'))
      symlinkSync('file-link', at('link-to-link'))
      symlinkSync('/', at('system'))
      const paths = [
        'file-link',
        'relative-link',
        'link-to-link',
        'deep/er/folder-link',
        'deep/er/folder-link/secret.txt',
        `system${beside('secret.txt')}`,
      ]
      for (const path of paths) {
        await expect(go(root, path), path).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_OUTSIDE' })
      }
      expect(readdirSync(beside(''))).toEqual(['secret.txt'])
      expect(readFileSync(beside('secret.txt'), 'utf8')).toBe('SECRET\n')
    })

    test(`${way} does not wait on a pipe, and opens no socket or device`, async () => {
      const { root, at } = makeTree()
      execFileSync('mkfifo', [at('pipe')])
      const server = createServer().listen(at('socket'))
      onTestFinished(() => void server.close())
      await new Promise((resolve) => server.once('listening', resolve))
      await expect(go(root, 'pipe')).rejects.toThrow("'pipe' is a pipe, not a")
      await expect(go(root, 'socket')).rejects.toThrow("'socket' is a socket, not a")
      await expect(go(new Root('/dev'), 'zero')).rejects.toThrow("'zero' is a device, not a")
    })

    test(`${way} follows links that stay below the root`, async () => {
      const { root, at } = makeTree({ 'deep/a.txt': 'SECRET' })
      symlinkSync('deep', at('folder'))
      symlinkSync('deep/a.txt', at('file'))
      await go(root, way === 'list' ? 'folder' : 'file')
      expect(lstatSync(at('file')).isSymbolicLink()).toBe(true)
      expect(readdirSync(at('deep'))).toEqual(['a.txt'])
    })

    test(`${way} says what is missing, and says it of a link to nothing or in a circle`, async () => {
      const { root, at } = makeTree({ 'a.txt': 'SECRET' })
      symlinkSync('circle', at('circle'))
      await expect(go(root, 'circle')).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_KIND' })
      if (way === 'write') return // makes what is missing
      symlinkSync('nowhere', at('dangling'))
      for (const path of ['dangling', 'no.txt', 'no/folder/at.all']) {
        await expect(go(root, path), path).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_MISSING' })
      }
    })

    test(`${way} never tells where the root lies`, async () => {
      const { root, at, beside } = makeTree({ 'a.txt': 'x' })
      symlinkSync(beside('secret.txt'), at('link'))
      for (const path of ['link', 'a.txt/no', '../x', 'a.txt/x', 'x'.repeat(300), 'y/'.repeat(3000)]) {
        const error = await go(root, path).catch((thrown: Error) => thrown)
        expect(error, path).toBeInstanceOf(Error)
        expect((error as Error).message).not.toContain('retinue-workspace-')
      }
    })

    test(`${way} does not touch what the config excludes, by whatever path`, async () => {
      const { root, at } = makeTree({ 'keys/a.txt': 'SECRET', '.env': 'SECRET', 'b/.env': 'SECRET' }, [
        'keys',
        '.env',
      ])
      symlinkSync('keys', at('innocent'))
      for (const path of [
        'keys',
        'keys/a.txt',
        'keys/new',
        '.env',
        'b/.env',
        'innocent',
        'innocent/a.txt',
        '.ENV',
        'KEYS/x',
      ]) {
        await expect(go(root, path), path).rejects.toMatchObject({ code: 'RETINUE_WORKSPACE_REFUSED' })
      }
      expect(readFileSync(at('keys/a.txt'), 'utf8')).toBe('SECRET')
    })
  }
}
