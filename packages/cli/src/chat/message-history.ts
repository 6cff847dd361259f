// The messages that a person has typed, kept between two chats: one JSON text a line, the newest last.
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RetinueError } from '@retinue/kernel'
import { reasonOf } from '../failure.ts'
import { prepareDataFolder } from '../project.ts'

/** The messages of earlier times, the newest first. */
export function readHistory(folder: string): readonly string[] {
  let text: string
  try {
    text = readFileSync(fileOf(folder), 'utf8')
  } catch {
    return [] // nobody has typed here yet
  }
  const lines = text.split('\n').slice(-1000)
  return lines.flatMap(messageOf).reverse()
}

/** Adds a message. @throws {RETINUE_CLI_DATA} */
export function addToHistory(folder: string, message: string): void {
  prepareDataFolder(folder)
  try {
    appendFileSync(fileOf(folder), `${JSON.stringify(message)}\n`, { mode: 0o600 })
  } catch (cause) {
    const what = `What you type is not kept for the next chat: ${reasonOf(cause)}.`
    throw new RetinueError('RETINUE_CLI_DATA', what, { cause })
  }
}

function fileOf(folder: string): string {
  return join(folder, 'history')
}

function messageOf(line: string): string[] {
  try {
    const message: unknown = JSON.parse(line)
    return typeof message === 'string' ? [message] : []
  } catch {
    return []
  }
}
