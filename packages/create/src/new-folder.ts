// Writes the files of a new package into a folder of its own: one that is empty, or not there yet. What is there is
// never written over.
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RetinueError } from '@retinue/kernel'
import type { NewFiles } from './template.ts'

/**
 * Checks that a folder can take a new package; a repository of git without files may be there, and what the Mac puts
 * into each folder that somebody looks at.
 * @throws {RETINUE_SCAFFOLD_FOLDER}
 */
export function checkFolder(folder: string): void {
  if (!existsSync(folder)) return
  if (statSync(folder).isDirectory() && readdirSync(folder).every(isNothing)) return
  throw new RetinueError('RETINUE_SCAFFOLD_FOLDER', `'${folder}' is not an empty folder.`, {
    hint: 'Name a folder that is not there yet; nothing was written.',
  })
}

function isNothing(name: string): boolean {
  return name === '.git' || name === '.DS_Store'
}

/** Writes a new package; gives the paths of its files. @throws {RETINUE_SCAFFOLD_FOLDER} */
export function writeFolder(folder: string, files: NewFiles): string[] {
  checkFolder(folder)
  try {
    for (const [file, text] of files) {
      makeFolder(dirname(join(folder, file)))
      writeFileSync(join(folder, file), text, { flag: 'wx' })
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RetinueError('RETINUE_SCAFFOLD_FOLDER', `The files could not be written: ${why}.`, {
      hint: 'Name a folder that you may write to.',
      cause,
    })
  }
  return [...files.keys()]
}

/** Folder by folder: `recursive` tries for ever where a file system lets nobody make any, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  mkdirSync(folder)
}
