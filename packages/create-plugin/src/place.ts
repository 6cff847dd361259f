// Where a new plugin is written, and what it is called. What can't be is refused before anything is asked or written.
import { basename, resolve } from 'node:path'
import { checkFolder } from 'create-retinue'
import type { NewPlugin } from './scaffold.ts'
import { spellingsOf } from './spelling.ts'

/** Where a plugin is written, and what it is called. */
export type Place = Pick<NewPlugin, 'folder' | 'name'>

/** A folder, and what a plugin in it is called; a whole package name is one here, too. @throws as `scaffoldPlugin` does */
export function placeIn(given: string, name?: string): Place {
  if (name === undefined && /^@[^/]+\/[^/]+$/.test(given)) return placeOf(given)
  const folder = resolve(given)
  const place = { folder, name: name ?? basename(folder) }
  spellingsOf(place.name)
  checkFolder(folder)
  return place
}

/** The folder of a plugin that is called so: the name without its scope. */
export function placeOf(name: string): Place {
  return placeIn(name.replace(/^@[^/]*\//, ''), name)
}
