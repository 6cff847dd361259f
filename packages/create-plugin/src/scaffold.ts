// Writes a new plugin: the template, with the lines of the chosen parts, under the chosen name. Nothing is asked of the
// network, and nothing is written before all of it is known to be right.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kernelVersion, RetinueError } from '@retinue/kernel'
import { linesFor, partOfFile, type Part } from './part.ts'
import { spellingsOf, type Spellings } from './spelling.ts'

/** A plugin that is to be. */
export interface NewPlugin {
  /** Where it is written: a folder that is empty, or not there yet. */
  readonly folder: string
  /** `'unit-conversion'`, or a whole package name. */
  readonly name: string
  readonly parts: readonly Part[]
}

/**
 * Writes the package of a new plugin, and gives the names of its files.
 * @throws {RETINUE_SCAFFOLD_FOLDER}, {RETINUE_SCAFFOLD_NAME}, {RETINUE_NAME_INVALID}, {RETINUE_SCAFFOLD_PARTS}
 *
 * @example
 * scaffoldPlugin({ folder: 'units', name: 'units', parts: ['tool', 'config'] })
 */
export function scaffoldPlugin({ folder, name, parts }: NewPlugin): string[] {
  checkFolder(folder)
  const spellings = spellingsOf(name)
  if (!parts.some((part) => part !== 'agent')) {
    throw new RetinueError('RETINUE_SCAFFOLD_PARTS', 'A plugin contributes at least one type.', {
      hint: 'Name a tool, a context, a section or a config.',
    })
  }
  const files = templateFiles().filter((file) => {
    const part = partOfFile(file)
    return part === undefined || parts.includes(part)
  })
  const written = files.map((file) => {
    const text = spelled(linesFor(readFileSync(join(template, file), 'utf8'), parts), spellings)
    const to = spelled(nameOf(file), spellings)
    return [to, file === '_package.json' ? withVersion(text) : text] as const
  })
  for (const [file, text] of written) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return written.map(([file]) => file)
}

const template = fileURLToPath(new URL('../template', import.meta.url))

function templateFiles(): string[] {
  return (readdirSync(template, { recursive: true, encoding: 'utf8' }) as string[])
    .filter((file) => statSync(join(template, file)).isFile())
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
}

/** npm looks at files of these names in what it packs, so the template has them under others. */
function nameOf(file: string): string {
  return file === '_package.json' ? 'package.json' : file.replace(/^_/, '.')
}

/** @throws {RETINUE_SCAFFOLD_FOLDER} */
function checkFolder(folder: string): void {
  if (!existsSync(folder)) return
  if (statSync(folder).isDirectory() && readdirSync(folder).every((name) => name === '.git')) return
  throw new RetinueError('RETINUE_SCAFFOLD_FOLDER', `'${folder}' is not an empty folder.`, {
    hint: 'Name a folder that is not there yet; nothing was written.',
  })
}

function spelled(text: string, { package: full, kebab, snake, camel, pascal }: Spellings): string {
  return text
    .replaceAll('retinue-plugin-sample-thing', full)
    .replaceAll('sample-thing', kebab)
    .replaceAll('sample_thing', snake)
    .replaceAll('sampleThing', camel)
    .replaceAll('SampleThing', pascal)
}

/** The packages of retinue share one version: a new plugin takes that of the kernel which is here. */
function withVersion(manifest: string): string {
  return manifest.replaceAll(/("@retinue\/\w+": )"[^"]+"/g, `$1"^${kernelVersion}"`)
}
