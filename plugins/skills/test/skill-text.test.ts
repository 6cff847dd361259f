import { expect, test } from 'vitest'
import { readSkill } from '../src/skill-text.ts'

const read = (head: string, folder = 'pdf-forms') => readSkill(`---\n${head}\n---\nBody.`, folder)

test('a skill has a name, a description in one line, and a body; what else its head says is left aside', () => {
  const head = `name: pdf-forms
description: >
  Fills forms.
  Use it for PDFs.
license: MIT
allowed-tools: Bash(rm:*) Read
metadata:
  author: ada`
  expect(read(head)).toEqual({
    name: 'pdf-forms',
    description: 'Fills forms. Use it for PDFs.',
    body: 'Body.',
  })
  expect(readSkill('\uFEFF---\r\nname: a\r\ndescription: b\r\n---\r\n\r\nx\r\n---\r\ny', 'a').body).toBe(
    'x\r\n---\r\ny',
  )
  expect(readSkill('---\nname: a\ndescription: b\n---', 'a').body).toBe('')
})

test.each([
  ['', 'has no'],
  ['name: PDF\ndescription: x', "has no 'name' of the form"],
  ['name: -pdf\ndescription: x', "has no 'name' of the form"],
  ['name: pdf--forms\ndescription: x', "has no 'name' of the form"],
  [`name: ${'x'.repeat(65)}\ndescription: x`, "has no 'name' of the form"],
  ['name: [pdf]\ndescription: x', "has no 'name' of the form"],
  ['name: other\ndescription: x', "names itself 'other'. Give the folder and the skill one name."],
  ['name: pdf-forms', "has no 'description'"],
  ['name: pdf-forms\ndescription: " "', "has no 'description'"],
  ['name: pdf-forms\ndescription: "use: it', 'has a head that is no YAML'],
  ['name: pdf-forms\ndescription: {use: it}', "has no 'description'"],
  ['a:\n  - &a [x]\n  - [*a, *a]', 'has a head that is no YAML'],
  ['- a list', "has no 'name'"],
])('%j is refused, and the message says what is wrong', (head, message) => {
  expect(() => read(head)).toThrow(message)
  expect(() => read(head)).toThrow("[RETINUE_SKILLS_INVALID] The SKILL.md of 'pdf-forms'")
})

test('what many published skills get wrong is taken: a colon without quotes, a description that goes on and on', () => {
  const head = 'name: pdf-forms\r\ndescription: Use it when: the user says "fill" #1\r\nlicense: x: y'
  expect(read(head).description).toBe('Use it when: the user says "fill" #1')
  expect(read('name: pdf-forms\ndescription: Use it: now\nmetadata:\n  a: b').description).toBe('Use it: now')
  for (const said of [
    '🚀 Launch: now',
    '[beta] Fills forms',
    '`fill` helps',
    '@ada: fills',
    '* fills: forms',
  ])
    expect(read(`name: pdf-forms\ndescription: ${said}\nallowed-tools: [a, b]`).description).toBe(said)
  expect(read(`name: pdf-forms\ndescription: ${'x'.repeat(1024)}`).description).toBe('x'.repeat(1024))
  expect(read(`name: pdf-forms\ndescription: ${'x'.repeat(1025)}`).description).toBe(`${'x'.repeat(1023)}…`)
  expect(read(`name: pdf-forms\ndescription: ${'x'.repeat(1022)}🙂🙂`).description).toBe(
    `${'x'.repeat(1022)}…`,
  )
})

test('a name or a description that YAML would take for a number or for yes is a text', () => {
  for (const text of ['365', 'true', 'null'])
    expect(read(`name: ${text}\ndescription: ${text}`, text)).toMatchObject({ name: text, description: text })
})

test('without a head, or with one that never ends, there is no skill', () => {
  for (const text of [
    '',
    '# Title',
    'x\n---\nname: a\n---',
    '---\nname: a\ndescription: b',
    `---\n${'x\n'.repeat(9000)}---`,
  ]) {
    expect(() => readSkill(text, 'a')).toThrow('does not begin with a head between two lines of ---')
  }
})
