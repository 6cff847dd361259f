// A folder for files that a check writes: within the package, so that they resolve what its own files do.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Subject } from './subject.ts'

/** A folder that goes when it is disposed of. */
export class Scratch implements Disposable {
  readonly folder: string

  constructor({ folder }: Subject) {
    this.folder = mkdtempSync(join(folder, '.retinue-testing-'))
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
