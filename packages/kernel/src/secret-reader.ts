// Reading secrets: for the time of one tool's or provider's call, and only where the fields that say where a secret
// is sent come from the same layer as the secret itself, or from the default.
import { CELL } from './accessors.ts'
import { isHandle } from './handle.ts'
import { RetinueError } from './errors.ts'
import { isSecretRef, refusal, reveal } from './secret.ts'

/** Reads secrets until it is closed. */
export interface SecretReader {
  /** Gives the secret of a field. @throws {RETINUE_SECRET_REFUSED} */
  read(item: object, field: string): string
  close(): void
}

/** Opens a reader for one call; whoever makes the call closes it. */
export function openSecrets(): SecretReader {
  let open = true
  return {
    read(item, field) {
      if (!open) throw refusal(`'${field}'`, 'the call is over', { hint: 'Read secrets inside the call.' })
      return readSecret(item, field)
    },
    close() {
      open = false
    },
  }
}

function readSecret(item: object, field: string): string {
  if (!isHandle(item)) {
    throw new RetinueError(
      'RETINUE_TYPE_MISMATCH',
      `A secret is read from an item of a bag; got ${typeof item}.`,
      { hint: "Write secret(config.webSearch, 'apiKey')." },
    )
  }
  const cell = item[CELL]
  const { shape } = cell
  const index = shape.index(field)
  const what = `'${field}' of the ${shape.kind} '${shape.type}'`
  const options = shape.secret(index)
  const value = cell.read(index)
  if (options === undefined)
    throw refusal(what, 'the field is no secret', { hint: 'Declare it by Secret().' })
  if (!isSecretRef(value))
    throw refusal(what, 'it is not set', { hint: `Set it on the user or agent: Secret.env('…').` })
  const layer = cell.source(index)
  for (const other of options.sentTo ?? []) {
    const source = cell.source(shape.index(other))
    if (source === layer || source === 'registry') continue
    throw refusal(what, `it was set by the ${layer}, and where it is sent ('${other}') by the ${source}`, {
      hint: `Set both on the same owner.`,
    })
  }
  return reveal(value, what)
}
