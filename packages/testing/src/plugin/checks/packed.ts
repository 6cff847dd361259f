import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from '../check.ts'
import { breakWith, broken } from '../../verdict.ts'
import { Scratch } from '../scratch.ts'
import { inPackage, type Subject } from '../subject.ts'
import { loadOptional } from '../optional-package.ts'

/** What npm packs is what users need, and nothing else. */
export const packed: Check = {
  name: 'its packed files are all that users need, and nothing else',
  built: true,
  async run(subject) {
    using scratch = new Scratch(subject)
    const { files } = await pack(subject, scratch.folder)
    const entry = inPackage(subject, subject.entry).slice(2)
    const problems: [string, string][] = []
    // npm packs a README wherever there is one.
    if (!files.includes('README.md'))
      problems.push(['There is no README.md.', 'Write one: it is the page of the package.'])
    for (const name of [entry, entry.replace(/\.js$/, '.d.ts')]) {
      if (!files.includes(name))
        problems.push([`${name} is not packed.`, `List its folder in "files", and build first.`])
    }
    const extra = files.find((name) =>
      /(^|\/)(tests?|fixtures|node_modules)\/|\.test\.|\.tsbuildinfo$|(^|\/)\.env/.test(name),
    )
    if (extra !== undefined)
      problems.push([`${extra} is packed.`, 'List what users need in "files", and nothing else.'])
    breakWith(problems)
  },
}

interface Message {
  readonly code: string
  readonly type: string
  readonly path: string[]
  readonly args: Readonly<Record<string, unknown>>
}

/** publint finds nothing wrong. */
export const publint: Check = {
  name: 'publint finds its package.json right',
  built: true,
  async run(subject) {
    const tool = await loadOptional<{
      publint(options: object): Promise<{ messages: Message[]; pkg: object }>
    }>(subject, 'publint')
    const { messages } = await tool.publint({ pkgDir: subject.folder, pack: false, strict: true })
    breakWith(
      messages
        .filter(({ type }) => type !== 'suggestion')
        .map(({ code, path, args }) => [
          `${code} at ${path.join('.') || 'package.json'}: ${JSON.stringify(args)}.`,
          `See https://publint.dev/rules#${code.toLowerCase()}.`,
        ]),
    )
  },
}

interface Attw {
  createPackageFromTarballData(data: Uint8Array): object
  checkPackage(
    packed: object,
  ): Promise<{ types: unknown; problems?: { kind: string; entrypoint?: string; resolutionKind?: string }[] }>
}

/** Are the types wrong? They are not, for whoever imports ES modules. */
export const attw: Check = {
  name: 'attw finds its types right',
  built: true,
  async run(subject) {
    const tool = await loadOptional<Attw>(subject, '@arethetypeswrong/core')
    using scratch = new Scratch(subject)
    const { tarball } = await pack(subject, scratch.folder)
    const { types, problems = [] } = await tool.checkPackage(
      tool.createPackageFromTarballData(readFileSync(tarball)),
    )
    if (types === false)
      throw broken('The package has no types.', 'Build declarations, and name them in exports: types.')
    const real = problems.filter(
      ({ kind, resolutionKind }) =>
        kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10' && resolutionKind !== 'node16-cjs',
    )
    breakWith(
      real.map(({ kind, entrypoint = '.', resolutionKind = 'any' }) => [
        `${kind} at '${entrypoint}' (${resolutionKind}).`,
        'See https://github.com/arethetypeswrong/arethetypeswrong.github.io/tree/main/docs/problems.',
      ]),
    )
  },
}

/** Packs the package as npm publishes it. */
function pack({ folder }: Subject, to: string): Promise<{ files: string[]; tarball: string }> {
  return new Promise((resolve, reject) => {
    const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', to]
    execFile('npm', args, { cwd: folder, shell: process.platform === 'win32' }, (error, stdout, stderr) => {
      if (error !== null) return reject(broken(`npm pack fails: ${stderr}`, 'Mend what npm says.'))
      const [made] = Object.values(
        JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>,
      )
      resolve({ files: made!.files.map(({ path }) => path), tarball: join(to, made!.filename) })
    })
  })
}
