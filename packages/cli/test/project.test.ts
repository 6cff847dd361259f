import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../src/config-file.ts'
import { defaultDataFolder, findProject, prepareDataFolder } from '../src/project.ts'
import { makeFolder } from './a-folder.ts'

describe('the project', () => {
  test('is the nearest folder with a configuration, or else with a package', () => {
    const root = makeFolder({ 'retinue.config.mjs': '', 'packages/a/package.json': '{}' })
    const inner = join(root, 'packages', 'a', 'src')
    mkdirSync(inner)
    expect(findProject(inner)).toEqual({
      root,
      configFile: join(root, 'retinue.config.mjs'),
      isProject: true,
    })
    const plain = makeFolder({ 'package.json': '{}' })
    expect(findProject(plain)).toEqual({ root: plain, configFile: undefined, isProject: true })
  })

  test('has its sessions in it; outside of one they are among the data of the person', () => {
    const root = makeFolder()
    const nowhere = { root, configFile: undefined, isProject: false }
    expect(defaultDataFolder({ ...nowhere, isProject: true }, {})).toBe(join(root, '.retinue'))
    expect(defaultDataFolder(nowhere, { XDG_DATA_HOME: '/data' })).toBe('/data/retinue')
    expect(defaultDataFolder(nowhere, {})).toMatch(/\.local\/share\/retinue$/)
  })

  test('has a data folder that nobody else reads and git passes by; one that was there stays as it is', () => {
    const root = makeFolder()
    const made = join(root, 'a', 'b')
    for (const folder of [root, made, made]) prepareDataFolder(folder)
    expect(readdirSync(root)).toEqual(['a'])
    expect(readdirSync(made)).toEqual(['.gitignore'])
    for (const folder of [join(root, 'a'), made]) expect(statSync(folder).mode & 0o077).toBe(0)
  })

  test('says so where its data folder can not be made', () => {
    const root = makeFolder({ file: '' })
    expect(() => prepareDataFolder(join(root, 'file', 'data'))).toThrow(/RETINUE_CLI_DATA.*can't be used/)
  })
})

describe('the configuration', () => {
  test.each([
    ['export default { modle: 1 }', "has no option 'modle'. Did you mean 'model'?"],
    ['export default { run: { maxStep: 5 } }', "A run has no option 'maxStep'. Did you mean 'maxSteps'?"],
    ['export default { run: { budget: { token: 5 } } }', "has no option 'token'. Did you mean 'tokens'?"],
    ["export default { run: { maxSteps: '5' } }", "A run can't have '5' as maxSteps."],
    ["export default { run: { onBusy: 'steer' } }", 'the command itself says the onBusy of a run'],
    ['export default { user: { name: "ada" } }', 'The user in '],
    ['export default { user: { id: 5 } }', "can't have 5 as id. Give a text that is not empty."],
    ['export default { agents: [{ name: "a", tool: [] }] }', "has no option 'tool'. Did you mean 'tools'?"],
    ['export default { agents: [null] }', 'takes options, not null.'],
    ["export default { agent: '' }", "can't have '' as agent."],
    ['export default { store: {} }', "can't have an object as store. Give a function that opens a store."],
    ["export default Promise.resolve({ agent: 'guide' })", 'it is a promise, and wants an await before it'],
    ['export default 7', 'takes options, not 7.'],
    ["export const config = { agent: 'guide' }", 'it has no default export'],
    ["\nthrow new Error('inside')", 'could not be loaded (line 2): inside. Mend it'],
    [
      "throw Object.assign(new Error('inside'), { code: 'RETINUE_OPTION_INVALID' })",
      'could not be loaded (line 1): inside. Mend it',
    ],
    ['export default {', 'could not be loaded'],
  ])('is refused where it is none: %s', async (text, why) => {
    const file = join(makeFolder({ 'retinue.config.mjs': text }), 'retinue.config.mjs')
    await expect(loadConfig(file)).rejects.toMatchObject({
      code: 'RETINUE_CLI_CONFIG',
      message: expect.stringContaining(why),
    })
  })

  test('may do nothing but import plugins', async () => {
    const file = join(makeFolder({ 'retinue.config.mjs': "import 'node:fs'" }), 'retinue.config.mjs')
    expect(await loadConfig(file)).toEqual({})
  })

  test('that is a folder is told', async () => {
    await expect(loadConfig(makeFolder())).rejects.toMatchObject({
      code: 'RETINUE_CLI_CONFIG',
      message: expect.stringMatching(/ is a folder\. Name another/),
    })
  })

  test('that is named and not there is told', async () => {
    await expect(loadConfig(join(makeFolder(), 'mine.ts'))).rejects.toMatchObject({
      code: 'RETINUE_CLI_CONFIG',
      message: expect.stringMatching(/There is no .*mine\.ts\. Name another/),
    })
  })
})
