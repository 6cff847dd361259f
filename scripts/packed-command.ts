// Tries the packed command as its user does, in a folder of its own below the one that it is installed in: a new
// application is made, and its start and test, the doctor, a run and a chat work in it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { npm } from './npm.ts'
import { checkUntouched } from './packed-application.ts'

/** Runs the command that is installed in a folder with a given Node. */
export function checkCommand(node: string, app: string): void {
  const program = join(app, 'node_modules', 'retinue', 'dist', 'bin.js')
  const retinue = (cwd: string, args: readonly string[], input = ''): string => {
    const { status, stdout, stderr } = spawnSync(node, [program, ...args], { cwd, input, encoding: 'utf8' })
    assert.equal(status, 0, `retinue ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
    return stdout
  }
  const home = join(app, 'made')
  rmSync(home, { recursive: true, force: true })
  retinue(app, ['init', 'made', '--yes', '--plugin', '@retinue/plugin-clock'])
  checkUntouched((args) => npm(node, args, home))
  const { ok } = JSON.parse(retinue(home, ['doctor', '--json'])) as { ok: boolean }
  assert.equal(ok, true, 'the doctor finds a new application well')
  assert.match(retinue(home, ['run', 'What time is it?']), /clock_now/)
  assert.match(retinue(home, ['chat'], 'What time is it?\n/undo\nWhat time is it in Turin?\n'), /clock_now/)
  const kept = retinue(home, ['sessions', '--json']).split('\n').filter(Boolean).length
  assert.equal(kept, keepsSessions(node) ? 2 : 0, 'sessions that are kept')
}

/** Whether a Node has the SQLite that sessions are kept in. */
function keepsSessions(node: string): boolean {
  return spawnSync(node, ['-e', "require('node:sqlite')"]).status === 0
}
