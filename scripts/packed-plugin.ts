// Goes the way of a stranger with the packed packages: a new plugin is made in an empty folder, installed, tested, linted,
// compiled, put to the contract and packed; then an application installs what was packed, and works with it.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { install, npm, tarballsOf } from './npm.ts'
import { runToEnd } from './run-to-end.ts'

/**
 * Makes a plugin with the command that is installed in `app`, below `folder`, and gives the tarball of it. Its tests
 * run on each Node; the rest, which no Node makes another, on the first.
 */
export function checkNewPlugin(
  nodes: readonly string[],
  app: string,
  tarballs: string,
  folder: string,
): string {
  const node = nodes[0]!
  const home = join(folder, 'sample-thing')
  const create = join(app, 'node_modules', 'create-retinue-plugin', 'dist', 'bin.js')
  mkdirSync(folder, { recursive: true })
  runToEnd(node, [create, 'sample-thing', '--with', 'tool,context,section,config,agent'], folder)
  install(node, home, tarballsOf(tarballs, ['@retinue/kernel', '@retinue/testing']), ['--save-dev'])
  for (const each of nodes) npm(each, ['test'], home)
  for (const script of ['types', 'lint']) npm(node, ['run', script], home)
  assert.doesNotMatch(npm(node, ['run', 'contract'], home), /is not installed/)
  const [packed] = JSON.parse(npm(node, ['pack', '--json', '--silent'], home)) as { filename: string }[]
  return join(home, packed!.filename)
}

/** Installs a packed plugin into a new application, and has its tool called there. */
export function checkPluginAtWork(nodes: readonly string[], plugin: string, home: string): void {
  install(nodes[0]!, home, [plugin])
  const { name } = JSON.parse(readFileSync(join(dirname(plugin), 'package.json'), 'utf8')) as { name: string }
  writeFileSync(join(home, 'main.js'), program(name))
  for (const node of nodes) assert.equal(runToEnd(node, ['main.js'], home), 'Hello\n["Hello"]\ntrue\n')
}

/** Puts built plugins of ours, as they are installed in `app`, to the contract by its command. */
export function checkContracts(node: string, app: string, plugins: readonly string[]): void {
  for (const plugin of plugins) {
    const entry = join('node_modules', plugin, 'dist', 'index.js')
    const told = npm(node, ['exec', '--offline', '--', '@retinue/testing', entry], app)
    assert.match(told, /\d\d kept, 0 broken/)
  }
}

function program(name: string): string {
  return `import '${name}'
import { AgentConfig, ChatSession, ChatUser } from '@retinue/kernel'
import { callTool } from '@retinue/testing'

const agent = new AgentConfig({ name: 'guide', tools: ['sample_thing'] })
const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent })
console.log(await callTool(session, 'sample_thing_echo', { text: 'Hello' }))
console.log(JSON.stringify(session.context.recentSampleThing.texts))
console.log(session.prompt().text.includes('Hello'))
`
}
