// Goes the way of a stranger with the packed packages: a new plugin is made in an empty folder, installed, tested, linted,
// compiled, put to the contract and packed; then an application installs what was packed, and works with it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'

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
  run(node, [create, 'sample-thing', '--with', 'tool,context,section,config,agent'], folder)
  install(node, home, needed(tarballs), ['--save-dev'])
  for (const each of nodes) npm(each, ['test'], home)
  for (const script of ['types', 'lint', 'contract']) npm(node, ['run', script], home)
  const [packed] = JSON.parse(npm(node, ['pack', '--json', '--silent'], home)) as { filename: string }[]
  return join(home, packed!.filename)
}

/** Installs a packed plugin into an application that knows nothing else, and has its tool called there. */
export function checkPluginAtWork(
  nodes: readonly string[],
  plugin: string,
  tarballs: string,
  folder: string,
): void {
  const home = join(folder, 'application')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n')
  install(nodes[0]!, home, [...needed(tarballs), plugin])
  const { name } = JSON.parse(readFileSync(join(dirname(plugin), 'package.json'), 'utf8')) as { name: string }
  writeFileSync(join(home, 'main.js'), program(name))
  for (const node of nodes) assert.equal(run(node, ['main.js'], home), 'Hello\n["Hello"]\ntrue\n')
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

/** Installs tarballs: they take the place of versions that no registry has yet. */
function install(node: string, home: string, files: readonly string[], flags: readonly string[] = []): void {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  npm(node, ['install', ...quiet, ...flags, ...files], home)
}

/** The tarballs of what a plugin stands on. */
function needed(tarballs: string): string[] {
  return ['retinue-kernel', 'retinue-testing'].map((name) => {
    const file = readdirSync(tarballs).find((each) => new RegExp(`^${name}-\\d`).test(each))
    assert.ok(file, `${tarballs} has no tarball of ${name}`)
    return join(tarballs, file)
  })
}

/** Runs npm, and whatever it starts, on a given Node. */
function npm(node: string, args: readonly string[], cwd: string): string {
  return run('npm', args, cwd, { PATH: `${dirname(node)}${delimiter}${process.env['PATH']}` })
}

/** Runs a program to its end, and gives what it prints. */
function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  if (error !== undefined) throw error
  assert.equal(status, 0, `${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}
