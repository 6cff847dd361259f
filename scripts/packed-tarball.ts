// Looks a tarball over as publint and "Are the types wrong?" do. In this process: their commands would load a compiler
// anew for each package.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** Resolutions that packages of ES modules alone don't serve. */
const unserved = ['node10', 'node16-cjs']

/** Checks what a tarball's package.json says, and that its types are found and are those of its code. */
export async function checkTarball(file: string): Promise<void> {
  const bytes = Uint8Array.from(readFileSync(file))
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  )
  const checked = await checkPackage(createPackageFromTarballData(bytes))
  assert.ok(checked.types, 'it has no types')
  const problems = checked.problems.filter(
    (problem) => !('resolutionKind' in problem && unserved.includes(problem.resolutionKind)),
  )
  assert.deepEqual(problems, [])
}
