// The processes of a server: itself, and all that it has started, also where what lay between has ended. They are known
// by a mark in their environment, which Linux tells of every process; elsewhere the first alone is known. None of them
// outlives this process: those that don't end with their standard input are killed when it exits without having ended them.
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

const variable = 'RETINUE_MCP_FAMILY'
/** How long those that are asked to end are waited for, and how often they are looked for meanwhile. */
export const graceMs = 1000
const pauseMs = 25

/** A family of processes, from before the first of them is started until it is ended. */
export class ProcessFamily {
  /** Tells which process is the first, while it is there. */
  first: { readonly pid: number | null } | undefined
  readonly #id = randomUUID()

  constructor() {
    if (living.size === 0) process.on('exit', killAll)
    living.add(this)
  }

  /** What the environment of the first has to hold. */
  get env(): Readonly<Record<string, string>> {
    return { [variable]: this.#id }
  }

  /** Asks all that are left to end, and makes those end that don't. */
  async end(): Promise<void> {
    let left = this.#ids()
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      for (const id of left) send(id, signal)
      for (let ms = 0; ms < graceMs && left.length > 0; ms += pauseMs) {
        await delay(pauseMs)
        left = this.#ids()
      }
    }
    living.delete(this)
    if (living.size === 0) process.off('exit', killAll)
  }

  /** Makes all end that are left, at once. */
  kill(): void {
    for (const id of this.#ids()) send(id, 'SIGKILL')
  }

  #ids(): number[] {
    const marked = processIds().filter((id) => environmentOf(id).includes(`${variable}=${this.#id}`))
    return [this.first?.pid ?? [], marked].flat()
  }
}

const living = new Set<ProcessFamily>()

function killAll(): void {
  for (const family of living) family.kill()
}

function send(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal)
  } catch {
    // It is gone already.
  }
}

function processIds(): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .map(Number)
    .filter((id) => id > 0 && id !== process.pid)
}

/** The environment of a process, as far as it may be seen: that of other people's, and of those that are gone, may not. */
function environmentOf(id: number): string {
  try {
    return readFileSync(`/proc/${id}/environ`, 'latin1')
  } catch {
    return ''
  }
}
