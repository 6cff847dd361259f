import { symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findSkills } from '../src/find-skills.ts'
import { makeTree, skill } from './a-session.ts'

test('skills are found by name; what is none is told, and does no harm to the others', async () => {
  const at = makeTree({
    'b/SKILL.md': skill('b'),
    'a/SKILL.md': skill('a', 'Body.', 'First.'),
    'bad/SKILL.md': 'no head',
    'renamed/SKILL.md': skill('other'),
    'empty/readme.md': '',
    'large/SKILL.md': skill('large', 'x'.repeat(1_000_001)),
    'loose.md': '',
    '.hidden/SKILL.md': skill('hidden'),
  })
  const { skills, problems } = await findSkills(at(''))
  expect(skills).toEqual([
    { name: 'a', description: 'First.', folder: at('a') },
    { name: 'b', description: 'Does it.', folder: at('b') },
  ])
  expect(problems.map(({ code, message }) => [code, message.split('] ')[1]!.slice(0, 40)])).toEqual([
    ['RETINUE_SKILLS_INVALID', "The SKILL.md of 'bad' does not begin wit"],
    ['RETINUE_SKILLS_INVALID', "The folder 'empty' has no SKILL.md that "],
    ['RETINUE_SKILLS_INVALID', "The folder 'large' has no SKILL.md that "],
    ['RETINUE_SKILLS_INVALID', "The SKILL.md of 'renamed' names itself '"],
  ])
  expect(problems[2]!.message).toMatch(
    / can be read\. 'SKILL\.md' has \d+ bytes; files up to 1000000 are read\./,
  )
})

test('of two with one name the first is taken, and a folder that is not there is told', async () => {
  const at = makeTree({
    'one/a/SKILL.md': skill('a', '', 'First.'),
    'two/a/SKILL.md': skill('a', '', 'Second.'),
  })
  const { skills, problems } = await findSkills(at('one'), at('two'), at('three'))
  expect(skills).toMatchObject([{ description: 'First.' }])
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining("The folder 'a' is there twice; the first one is taken."),
    expect.stringContaining('is no folder that can be opened'),
  ])
})

test('a folder of a skill may be a link, its SKILL.md may not', async () => {
  const at = makeTree({ 'real/a/SKILL.md': skill('a'), 'real/text': skill('b'), 'skills/b/x': '' })
  symlinkSync(at('real/a'), at('skills/a'))
  symlinkSync(at('real/text'), at('skills/b/SKILL.md'))
  symlinkSync(at('nowhere'), at('skills/c'))
  const { skills, problems } = await findSkills(at('skills'))
  expect(skills).toMatchObject([{ name: 'a', folder: at('real/a') }])
  expect(problems).toHaveLength(2)
})
