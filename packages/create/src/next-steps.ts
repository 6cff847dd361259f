// What a command says when it is done. npm and pnpm tell what runs by them who they are: the commands that it names are
// those of the client that the person has.
import { relative } from 'node:path'

/** What a person is told of a new package: what was written, and the commands to go on with. */
export function nextSteps(folder: string, files: readonly string[], scripts: readonly string[]): string {
  const place = relative(process.cwd(), folder)
  const client = process.env['npm_config_user_agent']?.startsWith('pnpm/') === true ? 'pnpm' : 'npm'
  const commands = [
    ...(place === '' ? [] : [`cd ${/^[\w./@-]+$/.test(place) ? place : JSON.stringify(place)}`]),
    `${client} install`,
    ...scripts.map((script) => `${client} ${script}`),
  ]
  return `Wrote ${files.length} files. Go on with:\n\n${commands.map((each) => `  ${each}\n`).join('')}`
}
