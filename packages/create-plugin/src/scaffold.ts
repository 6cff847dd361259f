// Writes a new plugin: the template, with the lines of the chosen parts, under the chosen name. Nothing is asked of the
// network, and nothing is written before all of it is known to be right.
import { fileURLToPath } from 'node:url'
import { RetinueError } from '@retinue/kernel'
import { checkFolder, readTemplate, writeFolder } from 'create-retinue'
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
  const files = [...readTemplate(template)].filter(([file]) => {
    const part = partOfFile(file)
    return part === undefined || parts.includes(part)
  })
  return writeFolder(
    folder,
    new Map(
      files.map(([file, text]) => [spelled(file, spellings), spelled(linesFor(text, parts), spellings)]),
    ),
  )
}

const template = fileURLToPath(new URL('../template', import.meta.url))

function spelled(text: string, { package: full, kebab, snake, camel, pascal }: Spellings): string {
  return text
    .replaceAll('retinue-plugin-sample-thing', full)
    .replaceAll('sample-thing', kebab)
    .replaceAll('sample_thing', snake)
    .replaceAll('sampleThing', camel)
    .replaceAll('SampleThing', pascal)
}
