// `retinue inspect`: what a session holds and why, what its prompt costs, and what was committed when.
import { type CommonFlags, openApplication } from '../application.ts'
import { exitCodes } from '../exit-codes.ts'
import { describeInspection, inspect } from '../inspection.ts'
import { openSession } from '../session-choice.ts'
import { safeJson } from '../terminal/safe-text.ts'
import { styleFor } from '../terminal/style.ts'
import { wrapped } from '../terminal/wrapped.ts'

/** The flags of an inspection. */
export interface InspectFlags extends CommonFlags {
  readonly json?: boolean
}

/** Shows what there is to know of a session. */
export async function inspectSession(idStart: string, flags: InspectFlags): Promise<number> {
  const app = await openApplication(flags)
  const { id } = await app.library.find(idStart)
  const { session, report } = await openSession(app, { session: id })
  const inspection = inspect(session, report, await app.library.history(id))
  const text =
    flags.json === true
      ? safeJson(inspection)
      : wrapped(describeInspection(inspection, styleFor(process.stdout)), process.stdout)
  process.stdout.write(`${text}\n`)
  return exitCodes.done
}
