// The folder that a command works for, and where its sessions are kept: in the project, or in the person's own data
// where there is none.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { RetinueError } from '@retinue/kernel'
import { reasonOf } from './failure.ts'

/** Names of the configuration, in the order in which they are looked for. */
export const configNames = ['ts', 'mts', 'js', 'mjs'].map((extension) => `retinue.config.${extension}`)

/** Where a command works. */
export interface Project {
  /** The folder of the configuration or the package; the working folder where there is neither. */
  readonly root: string
  /** The configuration, where there is one. */
  readonly configFile: string | undefined
  /** Whether this is a project at all. */
  readonly isProject: boolean
}

/** Finds the project that a folder belongs to: the nearest one with a configuration, or else with a package. */
export function findProject(from: string): Project {
  const folders = foldersUp(resolve(from))
  for (const root of folders) {
    const configFile = configNames.map((name) => join(root, name)).find((file) => existsSync(file))
    if (configFile !== undefined) return { root, configFile, isProject: true }
  }
  const root = folders.find((folder) => existsSync(join(folder, 'package.json')))
  return { root: root ?? resolve(from), configFile: undefined, isProject: root !== undefined }
}

/** Where sessions are kept when nothing else is said. */
export function defaultDataFolder({ root, isProject }: Project, environment: NodeJS.ProcessEnv): string {
  if (isProject) return join(root, '.retinue')
  const { XDG_DATA_HOME: data } = environment
  return join(data || join(homedir(), '.local', 'share'), 'retinue')
}

/**
 * Makes a data folder that only its owner can look into, and that version control passes by. One that is there already,
 * as the person's own may be, stays as it is.
 * @throws {RETINUE_CLI_DATA}
 */
export function prepareDataFolder(folder: string): void {
  try {
    if (existsSync(folder)) return
    makeFolder(folder)
    writeFileSync(join(folder, '.gitignore'), '*\n')
  } catch (cause) {
    throw new RetinueError('RETINUE_CLI_DATA', `The folder '${folder}' can't be used: ${reasonOf(cause)}.`, {
      hint: 'Name another with --data, or dataFolder in the configuration.',
      cause,
    })
  }
}

/** Folder by folder: `recursive` tries for ever where a file system lets nobody make any, as /proc does. */
function makeFolder(folder: string): void {
  const above = dirname(folder)
  if (above !== folder && !existsSync(above)) makeFolder(above)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // else another command was quicker
  }
}

function foldersUp(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...foldersUp(above)]
}
