// Each promise of the contract is broken by a plugin that keeps all the others: the sound one, changed in one place.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { definePlugin, type EntryClass, type Plugin } from '@retinue/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testPackage, testPlugin, type PluginOptions, type TestFunction } from '../src/index.ts'

/** The heavy ones, which the packed form alone is put to: each is asked where it is meant. */
const esbuild = 'its bare import survives esbuild'
const rollup = 'its bare import survives Rollup'
const types = 'its types compile, libraries included, and dot access is typed'
const packed = 'its packed files are all that users need, and nothing else'
const publint = 'publint finds its package.json right'
const attw = 'attw finds its types right'
const built = new Set([esbuild, rollup, types, packed, publint, attw])

const sound = join(import.meta.dirname, 'sound-plugin')
const made = join(import.meta.dirname, '.made')
const calls = { bell_ring: { at: 3 } }

beforeAll(() => rmSync(made, { recursive: true, force: true }))
afterAll(() => rmSync(made, { recursive: true, force: true }))

type Outcome = Record<string, string>

/** Puts a plugin to the contract and gives what did not hold, or was skipped, by the name of the check. */
function outcomeOf(options: PluginOptions, isAsked?: (check: string) => boolean): Promise<Outcome> {
  return outcome((test) => testPlugin({ ...options, test }), isAsked)
}

async function outcome(
  define: (test: TestFunction) => void,
  isAsked = (check: string): boolean => !built.has(check),
): Promise<Outcome> {
  const found: Outcome = {}
  const tests: Promise<void>[] = []
  define((name, run) => {
    const check = name.slice(name.indexOf(': ') + 2)
    if (!isAsked(check)) return
    const skip = (reason = ''): void => void (found[check] = `skipped: ${reason}`)
    tests.push(run({ skip }).catch((error: unknown) => void (found[check] = (error as Error).message)))
  })
  await Promise.all(tests)
  return found
}

type Changes = Readonly<Record<string, (text: string) => string>>

/** A copy of the sound plugin with some files changed; a change that changes nothing is a mistake of the test. */
async function changed(name: string, changes: Changes): Promise<PluginOptions> {
  const folder = join(made, name)
  mkdirSync(made, { recursive: true })
  cpSync(sound, folder, { recursive: true })
  for (const [file, change] of Object.entries(changes)) {
    const path = join(folder, file)
    const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const after = change(before)
    expect(after, file).not.toBe(before)
    writeFileSync(path, after)
  }
  const { plugin } = (await import(/* @vite-ignore */ join(folder, 'lib', 'bell.js'))) as { plugin: Plugin }
  return { plugin, entry: pathToFileURL(join(folder, 'lib', 'index.js')), calls }
}

const replaced =
  (from: string, to: string) =>
  (text: string): string =>
    text.replace(from, to)
const inBell = (from: string, to: string): Changes => ({ 'lib/bell.js': replaced(from, to) })
const inIndex = (to: string): Changes => ({ 'lib/index.js': (text) => `${text}${to}` })
const inManifest = (from: string, to: string): Changes => ({ 'package.json': replaced(from, to) })

const manifest = 'its package.json fits it, and leaves the kernel to the application'
const defaults = 'its defaults fit, are made fresh, and are always the same'
const importing = 'importing it reads, writes, starts and awaits nothing'
const twice = 'registering it twice, or evaluating it again, is quiet'
const disposing = 'disposing of it removes all of it, and only it'
const secrets = 'its secrets show in no prompt, snapshot, event, log or inspection'
const toolSecrets = 'its tools give no secret away'
const stability = 'its sections are as stable as they claim, in 20 sessions'
const upgrades = 'what earlier versions saved is brought up to date'
const rendering = 'its sections render where nothing is set, and whatever is'
const determinism = 'the same session renders to the same prompt'

type Break = readonly [what: string, check: string, changes: Changes, says: RegExp]

/** Broken in package.json. */
const manifests: readonly Break[] = [
  [
    'the name of another package',
    manifest,
    inManifest('retinue-plugin-sound', 'other'),
    /'other', and its plugin says/,
  ],
  [
    'another version',
    manifest,
    inManifest('1.2.3', '1.2.4'),
    /of version 1\.2\.4, and its plugin says 1\.2\.3/,
  ],
  [
    'a kernel of its own',
    manifest,
    inManifest('peerDependencies', 'dependencies'),
    /second copy.*Move it to peer/,
  ],
  ['a kernel of the past', manifest, inManifest('>=0.1.0', '^0.0.1'), /wants @retinue\/kernel \^0\.0\.1/],
  ...['file:../kernel.tgz', '../kernel', 'https://example.com/kernel.tgz', 'acme/kernel'].map(
    (from): Break => [
      `a kernel from ${from}`,
      manifest,
      inManifest('>=0.1.0', from),
      /want @retinue\/kernel from '.*Write a range of versions/,
    ],
  ),
  [
    'no effect that bundlers keep',
    manifest,
    inManifest('"./lib/index.js"\n  ]', '"./lib/bell.js"\n  ]'),
    /drop the bare import/,
  ],
  [
    'no word to be found by',
    manifest,
    inManifest('"retinue-plugin"', '"retinue"'),
    /people look plugins up by it/,
  ],
  [
    'several mistakes',
    manifest,
    { 'package.json': (text) => text.replace('1.2.3', '2.0.0').replace('"retinue-plugin"', '"retinue"') },
    /2 things are wrong:\n- .*\n- /,
  ],
]

/** Broken in what is defined; what importing does is that of the sound plugin. */
const definitions: readonly Break[] = [
  [
    'a tool whose name no model takes',
    'its names are names, and no one else has them',
    inBell(
      'tools: {',
      `tools: { r${'i'.repeat(60)}ng: defineTool({ description: 'x', input: Type.Object({}), execute: () => 1 }),`,
    ),
    /has a name of 68 characters, and models take 64/,
  ],
  [
    'a default that does not fit',
    defaults,
    inBell('default: true', "default: 'yes'"),
    /section 'bell' can't be made without values: .* must be boolean\. Give each field a default that fits its schema\.$/,
  ],
  [
    'a default of the moment',
    defaults,
    inBell('minimum: 0 }), { default: [] }', 'minimum: 0 }), { default: () => [Date.now()] }'),
    /another one each time/,
  ],
  [
    'a default that all share',
    defaults,
    {
      'lib/bell.js': (text) =>
        text
          .replace('{ default: [] }', '{ default: () => none }')
          .replace('export class', 'const none = []\n\nexport class'),
    },
    /the same object each time/,
  ],
  [
    'a need that nobody meets',
    'what it needs is there, and goes round in no circle',
    inBell('needs: [Rings]', "needs: [Rings, 'context.elsewhere']"),
    /section\.bell needs context\.elsewhere, which nobody has registered/,
  ],
  [
    'needs in a circle',
    'what it needs is there, and goes round in no circle',
    inBell("{ stability: 'static'", "{ needs: ['toolset.bell'], stability: 'static'"),
    /section\.house_rules → toolset\.bell → section\.house_rules|toolset\.bell → section\.house_rules → toolset\.bell/,
  ],
  [
    'a schema that remembers',
    'what it saves is JSON, and comes back as it was',
    {
      'lib/bell.js': (text) =>
        text
          .replace('export class', 'const seen = /a/g\n\nexport class')
          .replace(
            'polite: Type',
            "motto: Type.Refine(Type.String({ default: 'aa', examples: ['a'] }), (text) => seen.test(text)),\n  polite: Type",
          ),
    },
    /does not load: sections\.bell\.motto|section\.bell\.motto/,
  ],
  [
    'no step from an earlier version',
    upgrades,
    inBell(' : { times: Array(count).fill(0) }', ' : { times: count }'),
    /v1\.json does not load: context\.rings/,
  ],
  [
    'a step that fills in what nobody had set',
    upgrades,
    inBell(
      'count === undefined ? {} : { times: Array(count).fill(0) }',
      '{ times: Array(count ?? 0).fill(0) }',
    ),
    /as version 1 saved it, a layer that had set nothing gets values for times\. .*\{\} gives \{\}/,
  ],
  [
    'a step that forgets',
    upgrades,
    inBell('count === undefined ? {} : { times: Array(count).fill(0) }', '{}'),
    /v1\.json has the context 'rings' of version 1 with count, of which nothing is left\. .*\.\.\.rest/,
  ],
  [
    'a step that forgets a field which stays',
    upgrades,
    {
      'lib/bell.js': (text) =>
        text
          .replace('default: [] }) }', 'default: [] }), count: Type.Integer({ default: 0 }) }')
          .replace('get count()', 'get length()'),
    },
    /v1\.json has the context 'rings' of version 1 with count, of which nothing is left/,
  ],
  [
    'a step that counts on a field',
    upgrades,
    inBell(
      'count === undefined ? {} : { times: Array(count).fill(0) }',
      '{ times: Array(+count.toFixed()).fill(0) }',
    ),
    /a layer that had set nothing does not load: .*undefined.*\. A step gets/,
  ],
  [
    'a step without the version that it leads to',
    upgrades,
    inBell('version: 2, ', ''),
    /'rings' of version 1 has an upgrade step from version 1, which never runs\. Say \{ version: 2 \}/,
  ],
  [
    'a version that no fixture has',
    upgrades,
    inBell('version: 2', 'version: 3'),
    /No fixture has the context 'rings' as version 2 saved it/,
  ],
  [
    'a getter that writes',
    'adding and removing its tools leaves no trace',
    inBell(
      'get count() {',
      'get first() {\n    if (this.times.length === 0) this.times = [1]\n    return this.times[0]\n  }\n\n  get count() {',
    ),
    /came and left, and left something behind/,
  ],
  [
    'a secret in plain text',
    secrets,
    inBell('polite: Type', "apiToken: Type.String({ default: '' }),\n  polite: Type"),
    /'apiToken' of the section 'bell' sounds like a secret/,
  ],
  [
    'a getter that opens a secret',
    secrets,
    inBell(
      'Secret()),\n}) {',
      "Secret()),\n}) {\n  get header() {\n    return this.ringerKey?.[Symbol.for('@retinue/kernel/reveal')]()\n  }\n",
    ),
    /A secret shows: /,
  ],
  [
    'a tool that tells a secret',
    toolSecrets,
    inBell('.length} letters`', '} letters`'),
    /A secret shows when 'bell_ring' is called: .*low, with a key of canary/,
  ],
  [
    'a tool that logs a secret',
    toolSecrets,
    inBell('emit({ rung: at })', "console.log(secret(config.bell, 'ringerKey'))"),
    /A secret shows when/,
  ],
  [
    'a template that reads a config',
    rendering,
    inBell("template: 'Ring once only.'", "template: 'Ring <%= config.bell.tone %>.'"),
    /'house_rules' .* can't be rendered: config is not defined; .*a context that follows it/,
  ],
  [
    'a section that reads what others alone need',
    rendering,
    {
      'lib/bell.js': (text) =>
        text
          .replace('needs: [Rings],\n', 'needs: [],\n')
          .replace('context.rings?.count', 'context.rings.count'),
    },
    /'bell' .* can't be rendered: .*Name in needs what it reads/,
  ],
  [
    'a section that takes a text for another one',
    rendering,
    inBell(
      ' times.`',
      " times, first at ${context.rings?.count ? context.rings.times[0].at.toFixed() : 'no time'}.`",
    ),
    /'bell' .* can't be rendered: .*Its session had \{.*"times":\[.*which fits the schemas/,
  ],
  [
    'a text of the moment',
    determinism,
    inBell(
      "{ stability: 'static', template: 'Ring once only.' }",
      "{ stability: 'turn', template: () => `Ring on day ${Math.floor(Date.now() / 86400000)}.` }",
    ),
    /section 'house_rules' renders to another text each time/,
  ],
  [
    'a static text about the session',
    stability,
    inBell("template: 'Ring once only.'", 'template: ({ session }) => `Ring once, ${session.id}.`'),
    /claims to be 'static' but reads/,
  ],
  [
    'a text that the kernel takes for static',
    stability,
    inBell(
      "template: 'Ring once only.'",
      'template: (view) => `Ring ${JSON.stringify(Object.keys(view.interactionContext)).length + (view.interactionContext.input ?? 0)}.`',
    ),
    /claims to be 'static'/,
  ],
]

/** Broken in what importing does. */
const imports: readonly Break[] = [
  [
    'a look at the environment',
    importing,
    inIndex('process.env.BELL_TONE\n'),
    /it reads process\.env\.BELL_TONE \(lib\/index\.js:\d+:\d+\)/,
  ],
  [
    'a look at a file',
    importing,
    {
      'lib/bell.js': (text) =>
        `import { readFileSync } from 'node:fs'\nreadFileSync(new URL(import.meta.url))\n${text}`,
    },
    /it calls fs\.readFileSync\(\) \(lib\/bell\.js/,
  ],
  ['a timer', importing, inIndex('setInterval(() => {}, 1000).unref()\n'), /it calls setInterval\(\)/],
  [
    'a listener of the process',
    importing,
    inIndex("process.on('SIGINT', () => {})\n"),
    /it calls process\.on\(\) \(lib\/index\.js/,
  ],
  [
    'a thread',
    importing,
    inIndex("import { Worker } from 'node:worker_threads'\nnew Worker('', { eval: true }).unref()\n"),
    /it makes a worker_threads\.Worker \(lib\/index\.js/,
  ],
  ...(process.getBuiltinModule?.('node:sqlite') === undefined
    ? []
    : [
        [
          'a database',
          importing,
          inIndex("import { DatabaseSync } from 'node:sqlite'\nnew DatabaseSync(':memory:')\n"),
          /it makes a sqlite\.DatabaseSync \(lib\/index\.js/,
        ] satisfies Break,
      ]),
  ['a request', importing, inIndex("fetch('http://127.0.0.1:9/').catch(() => {})\n"), /it calls fetch\(\)/],
  ['a greeting', importing, inIndex("console.log('hello')\n"), /it calls console\.log\(\)/],
  ['an await at its top', importing, inIndex('await null\n'), /has an await at its top level/],
  [
    'a file that registers as it defines',
    'the file that defines it registers nothing',
    { 'lib/bell.js': (text) => `${text.replace('  Config,', '  Config, register,')}\nregister(plugin)\n` },
    /alone registers config\.bell/,
  ],
  [
    'types that differ each time',
    twice,
    inBell(
      "version: '1.2.3'",
      'version: `1.2.${(globalThis.bells = (globalThis.bells ?? 0) + 1) === 2 ? 4 : 3}`',
    ),
    /evaluated a second time it fails: .*is taken by/,
  ],
  [
    'a default that each process has another of',
    twice,
    inBell(
      'polite: Type.Boolean({ default: true })',
      'polite: Type.Boolean({ default: true }), seed: Type.Number({ default: Math.random() })',
    ),
    /its fields have other schemas or defaults/,
  ],
  [
    'a second plugin in its entry',
    disposing,
    {
      'lib/index.js': (text) =>
        `${text.replace('{ register }', '{ Context, definePlugin, register }')}\nclass Stray extends Context('stray', {}) {}\nregister(definePlugin({ name: 'stray', version: '1.0.0', contributes: [Stray] }))\n`,
    },
    /also registers context\.stray for 'stray'/,
  ],
  [
    'an entry that forgets to register',
    disposing,
    { 'lib/index.js': replaced('register(plugin)', 'void register') },
    /does not register config\.bell/,
  ],
  [
    'a claim to be the only one',
    'two copies of it and of the kernel share one registry',
    inIndex(
      "import * as kernel from '@retinue/kernel'\nif ((globalThis.bellKernel ??= kernel) !== kernel) throw new Error('another kernel')\n",
    ),
    /With a second copy of the kernel and itself it fails: another kernel/,
  ],
]

/** Broken in what users get. */
const releases: readonly Break[] = [
  [
    'a call that bundlers think they can drop',
    esbuild,
    { 'lib/index.js': replaced('register(', '/* @__PURE__ */ register(') },
    /esbuild drops the bare import: config\.bell/,
  ],
  [
    'a call that bundlers think they can drop',
    rollup,
    { 'lib/index.js': replaced('register(', '/* @__PURE__ */ register(') },
    /Rollup drops the bare import: config\.bell/,
  ],
  [
    'a package that only its author has installed',
    esbuild,
    inIndex("import { pre } from 'fast-check'\nvoid pre\n"),
    /It imports .*fast-check.*, of a package that its package\.json does not bring to users/,
  ],
  [
    'a package that only its author has installed',
    rollup,
    inIndex("import { pre } from 'fast-check'\nvoid pre\n"),
    /It imports .*fast-check.*, of a package that its package\.json does not bring to users/,
  ],
  [
    'a property without a type',
    types,
    { 'lib/index.d.ts': replaced('houseRules: HouseRules', '') },
    /Dot access to 'houseRules' has no type\. .*interface SectionTypes/,
  ],
  [
    'a kind without types',
    types,
    {
      'lib/bell.js': (text) =>
        text
          .replace('  defineTool,', '  defineKind,\n  defineTool,')
          .replace(
            'export const plugin',
            "class Toll extends defineKind({ name: 'toll', bag: 'tolls' })('toll', {}) {}\n\nexport const plugin",
          )
          .replace('contributes: [', 'contributes: [Toll, '),
    },
    /Dot access to 'tolls' has no type\. .*interface ChatUser \{ tolls/,
  ],
  [
    'tests that are packed',
    packed,
    inManifest('"lib"', '"lib", "test"'),
    /test\/fixtures\/v1\.json is packed/,
  ],
  ['an entry that is not', packed, inManifest('"lib"', '"lib/bell.js"'), /lib\/index\.js is not packed/],
  [
    'a main that is not there',
    publint,
    inManifest('"exports"', '"main": "./lib/none.js",\n  "exports"'),
    /FILE_DOES_NOT_EXIST at main/,
  ],
  [
    'an export without types',
    attw,
    {
      'lib/extra.js': () => 'export const extra = 1\n',
      ...inManifest('    }\n  },\n  "peer', '    },\n    "./extra": "./lib/extra.js"\n  },\n  "peer'),
    },
    /UntypedResolution at '\.\/extra'/,
  ],
]

describe('the contract of plugins', { timeout: 240_000 }, () => {
  test('holds for a sound plugin, every check of it', async () => {
    expect(await outcomeOf(await changed('sound', {}))).toEqual({})
  })

  test('of a package that is no plugin, what any package can keep is asked, and no more', async () => {
    const { entry } = await changed('package', {
      ...inManifest('peerDependencies', 'dependencies'),
      ...inIndex('setTimeout(() => {}, 1)\n'),
    })
    expect(await outcome((test) => testPackage({ test, entry }))).toEqual({
      'its package.json leaves the kernel to the application': expect.stringMatching(/second copy/) as string,
      [importing]: expect.stringMatching(/calls setTimeout\(\)/) as string,
    })
  })

  test('holds for a plugin that extends one of another package, which its pure file imports with its entry', async () => {
    const base = `import { Context, definePlugin, register } from '@retinue/kernel'
export class Base extends Context('base', {}) {}
register(definePlugin({ name: 'base', version: '1.0.0', contributes: [Base] }))
`
    const { plugin, ...rest } = await changed('extending', {
      'lib/base.js': () => base,
      'lib/bell.js': (text) =>
        `import { Base } from './base.js'\n${text.replace('needs: [BellConfig,', 'needs: [Base, BellConfig,')}`,
    })
    const { Base } = (await import(/* @vite-ignore */ join(made, 'extending', 'lib', 'base.js'))) as {
      Base: EntryClass
    }
    const alongside = [definePlugin({ name: 'base', version: '1.0.0', contributes: [Base] })]
    expect(await outcomeOf({ plugin, ...rest, alongside })).toEqual({})
    expect(Object.keys(await outcomeOf({ plugin, ...rest })).toSorted()).toEqual(
      [disposing, 'what it needs is there, and goes round in no circle'].toSorted(),
    )
  })

  test('holds for a plugin whose library does not take exactOptionalPropertyTypes, as XState does not', async () => {
    const loose = `export interface Named<T extends { id?: string }> { readonly it: T }
export type Loose = Named<{ id?: string | undefined }>
`
    const plugin = await changed('loose', { 'lib/index.d.ts': (text) => text + loose })
    expect(await outcomeOf(plugin, (check) => check === types)).toEqual({})
  })

  test('holds for a plugin that loads a file late, as bundlers do', async () => {
    const plugin = await changed('late', {
      'lib/late.js': () => 'export const late = true\n',
      ...inIndex("export const load = () => import('./late.js')\n"),
    })
    expect(await outcomeOf(plugin, (check) => check === esbuild || check === rollup)).toEqual({})
  })

  test('is broken by a package without a README, which is not for want of a folder in "files"', async () => {
    const plugin = await changed('unread', {})
    rmSync(join(made, 'unread', 'README.md'))
    const said = expect.stringMatching(/There is no README\.md\. Write one/) as string
    expect(await outcomeOf(plugin, (check) => check === packed)).toEqual({ [packed]: said })
  })

  test.for([
    [{ bell_rng: { at: 3 } }, /In calls is 'bell_rng', which is no tool of it\. Its tools are: bell_ring\./],
    [{ bell_ring: { at: 'three' } }, /does not fit 'bell_ring': .*at\. Correct it in calls/],
  ] as const)('is broken by a call by which no tool runs: %s', async ([given, said]) => {
    const plugin = { ...(await changed('uncalled', {})), calls: given }
    expect(await outcomeOf(plugin, (check) => check === toolSecrets)).toEqual({
      [toolSecrets]: expect.stringMatching(said) as string,
    })
  })

  test('is broken by a fixture that is no snapshot', async () => {
    const plugin = await changed('fixture', { 'test/fixtures/v1.json': () => '[]\n' })
    const said = expect.stringMatching(/v1\.json is no snapshot\. A fixture is/) as string
    expect(await outcomeOf(plugin, (check) => check === upgrades)).toEqual({ [upgrades]: said })
  })

  test('is broken by a fixture with a type that nobody registers any more', async () => {
    const plugin = await changed('renamed', { 'test/fixtures/v1.json': replaced('"rings"', '"ringings"') })
    const said = expect.stringMatching(
      /v1\.json has context\.ringings, which .* A type keeps its name/,
    ) as string
    expect(await outcomeOf(plugin, (check) => check === upgrades)).toEqual({ [upgrades]: said })
  })

  test('says of sources that do not load how Node has them import each other', async () => {
    const { plugin } = await changed('unfound', { 'lib/index.ts': () => "import './bell.mjs'\n" })
    const entry = pathToFileURL(join(made, 'unfound', 'lib', 'index.ts'))
    const said = expect.stringMatching(/Cannot find module .* import each other as \.ts\./) as string
    expect(await outcomeOf({ plugin, entry }, (check) => check === importing)).toEqual({ [importing]: said })
  })

  test.for(manifests)('is broken in one place by %s', async ([, check, changes, says]) => {
    const outcome = await outcomeOf(await changed('sound', changes))
    cpSync(join(sound, 'package.json'), join(made, 'sound', 'package.json'))
    expect(outcome).toEqual({ [check]: expect.stringMatching(says) as string })
  })

  test.for(numbered(definitions))('is broken in one place by %s', async ([, check, changes, says, i]) => {
    const { entry } = await changed('sound', {})
    const { plugin } = await changed(`defined-${i}`, changes)
    const outcome = await outcomeOf({ plugin, entry, calls })
    expect(outcome).toEqual({ [check]: expect.stringMatching(says) as string })
  })

  test.for(numbered(imports))('is broken in one place by %s', async ([, check, changes, says, i]) => {
    const outcome = await outcomeOf(await changed(`imported-${i}`, changes))
    expect(outcome).toEqual({ [check]: expect.stringMatching(says) as string })
  })

  test.for(numbered(releases))('is broken in one place by %s', async ([, check, changes, says, i]) => {
    const outcome = await outcomeOf(await changed(`released-${i}`, changes), (each) => each === check)
    expect(outcome).toEqual({ [check]: expect.stringMatching(says) as string })
  })
})

function numbered(breaks: readonly Break[]): (readonly [...Break, number])[] {
  return breaks.map((each, i) => [...each, i])
}
