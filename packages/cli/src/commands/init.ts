// `retinue init`: a new application in a folder, as `npm create retinue` makes it.
import { createApplication } from 'create-retinue'
import { exitCodes } from '../exit-codes.ts'

/** The flags of init. */
export interface InitFlags {
  readonly plugin?: readonly string[]
  readonly model?: string
  readonly yes?: boolean
}

/** Makes an application; gives the exit code. */
export async function init(
  folder: string | undefined,
  { plugin = [], model, yes }: InitFlags,
): Promise<number> {
  const isMade = await createApplication({ folder, plugins: plugin, model, yes })
  return isMade ? exitCodes.done : exitCodes.interrupted
}
