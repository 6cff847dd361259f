import { describe, expect, test } from 'vitest'
import { readAgentFiles } from '../src/agent-file.ts'
import { makeFolder } from './a-folder.ts'

describe('agents as files', () => {
  test('have a name, a model, tools and instructions, or what stands for them', async () => {
    const folder = makeFolder({
      'b.md':
        '---\nname: guide\nmodel: openai/gpt-5\ntools: [clock, think]\n---\n\nBe brief.\n\n---\nAnd kind.\n',
      'a.md': 'Only instructions, with {{context.recentFiles.files | json}}.\n',
      'notes.txt': 'no agent',
      'README.md': '# What these agents are for',
    })
    expect(await readAgentFiles(folder)).toEqual([
      {
        file: `${folder}/a.md`,
        name: 'a',
        instructions: 'Only instructions, with {{context.recentFiles.files | json}}.',
      },
      {
        file: `${folder}/b.md`,
        name: 'guide',
        model: 'openai/gpt-5',
        tools: ['clock', 'think'],
        instructions: 'Be brief.\n\n---\nAnd kind.',
      },
    ])
    expect(await readAgentFiles(`${folder}/nowhere`)).toEqual([])
  })

  test('may come from an editor of Windows', async () => {
    const folder = makeFolder({ 'a.md': '\uFEFF---\r\nname: guide\r\n---\r\n\r\nBe brief.\r\n' })
    expect(await readAgentFiles(folder)).toMatchObject([{ name: 'guide', instructions: 'Be brief.' }])
  })

  test('may have blanks beside the lines that enclose the front matter', async () => {
    const folder = makeFolder({ 'a.md': '--- \nname: guide\n---\t\nBe brief.\n' })
    expect(await readAgentFiles(folder)).toMatchObject([{ name: 'guide', instructions: 'Be brief.' }])
  })

  test('are named where they can not be read', async () => {
    const folder = makeFolder({ 'a.md/b.txt': '' })
    await expect(readAgentFiles(folder)).rejects.toMatchObject({
      code: 'RETINUE_CLI_AGENT_FILE',
      message: expect.stringMatching(/a\.md describes no agent: it can't be read/),
    })
  })

  test.each([
    ['---\ntool: clock\n---\n', "has no option 'tool'. Did you mean 'tools'?"],
    ['---\ntools: clock\n---\n', "can't have 'clock' as tools. Give a list of names."],
    ['---\n- clock\n---\n', 'takes options, not an array.'],
    [
      '---\nname: guide\nname: helper\n---\n',
      'is no YAML: Map keys must be unique (line 3, column 1). Between',
    ],
    ['---\nname: guide\n\nBe brief.\n', 'nothing closes the front matter'],
  ])('are refused where they say something else: %j', async (text, why) => {
    const folder = makeFolder({ 'a.md': text })
    await expect(readAgentFiles(folder)).rejects.toMatchObject({
      code: 'RETINUE_CLI_AGENT_FILE',
      message: expect.stringContaining(why),
    })
  })
})
