import { mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { filesOf, readFileOf } from '../src/skill-folder.ts'
import { makeTree } from './a-session.ts'

test('files are found by their paths, without hidden ones and links', async () => {
  const at = makeTree({
    's/SKILL.md': '',
    's/b/c.md': '',
    's/a.md': '',
    's/.git/config': '',
    's/.env': '',
    secret: 'S',
  })
  symlinkSync(at('secret'), at('s/link.md'))
  symlinkSync(at(''), at('s/up'))
  expect(await filesOf(at('s'))).toEqual(['SKILL.md', 'a.md', 'b/c.md'])
})

test('a folder without end is walked to a depth and a number that are bounded', async () => {
  const deep = Array.from({ length: 12 }, (_, i) => `d${i}`).join('/')
  const many = Object.fromEntries(Array.from({ length: 1010 }, (_, i) => [`s/Many/${i}`, '']))
  const at = makeTree({ [`s/${deep}/x`]: '', 's/SKILL.md': '', ...many })
  const files = await filesOf(at('s'))
  expect(files).toHaveLength(1000)
  expect(files).toContain('SKILL.md')
  expect(files.some((path) => path.startsWith('d0'))).toBe(false)
})

test('a file is found however an ü of its name is put together', async () => {
  const at = makeTree({ ['s/Anhänge/Übersicht.md'.normalize('NFD')]: 'text' })
  for (const form of ['NFC', 'NFD'])
    expect(await readFileOf(at('s'), 'Anhänge/Übersicht.md'.normalize(form), 100)).toBe('text')
})

test('nothing outside of the skill is read: by no path, no link and no trick', async () => {
  const at = makeTree({ 's/SKILL.md': 'ok', 's/sub/x': 'x', secret: 'SECRET', 's/.env': 'SECRET' })
  symlinkSync(at('secret'), at('s/link'))
  symlinkSync(at(''), at('s/up'))
  for (const path of [
    '../secret',
    'sub/../../secret',
    './../secret',
    at('secret'),
    'link',
    'up/secret',
    '..\\secret',
    '.env',
    'sub',
    '',
    '.',
    'SKILL.md\0',
    'sub//x',
    'nowhere',
  ]) {
    await expect(readFileOf(at('s'), path, 1000), JSON.stringify(path)).rejects.toMatchObject({
      code: 'RETINUE_SKILLS_FILE',
    })
  }
  expect(await readFileOf(at('s'), './SKILL.md', 1000)).toBe('ok')
  expect(await readFileOf(at('s'), 'sub/x', 1000)).toBe('x')
})

test('a folder that became a link after it was found leads nowhere', async () => {
  const at = makeTree({ 'real/SKILL.md': 'ok', 'other/SKILL.md': 'SECRET' })
  renameSync(at('real'), at('gone'))
  symlinkSync(at('other'), at('real'))
  await expect(readFileOf(at('real'), 'SKILL.md', 1000)).rejects.toThrow("The skill has no file 'SKILL.md'.")
  mkdirSync(at('empty'))
  await expect(readFileOf(at('empty'), 'x', 1000)).rejects.toThrow('Its folder is gone or empty.')
})

test('what is too large or no text is refused, and the message says so', async () => {
  const at = makeTree({
    's/large': 'x'.repeat(11),
    's/bin': new Uint8Array([0xff, 0xfe, 0]),
    's/fits': 'é'.repeat(5),
  })
  await expect(readFileOf(at('s'), 'large', 10)).rejects.toThrow(
    "'large' has 11 bytes; files up to 10 are read.",
  )
  await expect(readFileOf(at('s'), 'bin', 10)).rejects.toThrow("'bin' is not text in UTF-8.")
  expect(await readFileOf(at('s'), 'fits', 10)).toHaveLength(5)
})
