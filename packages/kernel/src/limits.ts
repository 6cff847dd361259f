// Limits on what is loaded: checked before anything is built of it, in one walk that stops at the first excess.
import { RetinueError } from './errors.ts'

/** How much a snapshot may be. At a limit it loads, one over it is refused. */
export interface Limits {
  /** UTF-8 bytes of a text; of an object that was parsed already, those of its strings and keys. */
  readonly maxBytes: number
  /** How deep objects and arrays are nested. */
  readonly maxDepth: number
  /** Values of every sort, the snapshot itself included. */
  readonly maxNodes: number
  /** Keys of all objects together. */
  readonly maxKeys: number
}

/** What holds where nobody says otherwise. */
export const defaultLimits: Limits = Object.freeze({
  maxBytes: 64 * 1024 * 1024,
  maxDepth: 256,
  maxNodes: 4_000_000,
  maxKeys: 2_000_000,
})

/**
 * Parses a text and checks it, or checks what was parsed already.
 * @throws {RETINUE_SNAPSHOT_LIMIT}, {RETINUE_SNAPSHOT_INVALID}
 */
export function parseWithin(json: string | object, given: Partial<Limits> = {}): Record<string, unknown> {
  const limits = { ...defaultLimits, ...given }
  let data: unknown = json
  if (typeof json === 'string') {
    if (json.length * 3 > limits.maxBytes && utf8Length(json) > limits.maxBytes)
      throw exceeded('maxBytes', limits)
    try {
      data = JSON.parse(json)
    } catch (error) {
      throw new RetinueError('RETINUE_SNAPSHOT_INVALID', 'A snapshot is not JSON.', { cause: error })
    }
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new RetinueError('RETINUE_SNAPSHOT_INVALID', 'A snapshot is an object.', {
      hint: 'Pass what snapshot() gave, or its JSON text.',
    })
  }
  walk(data, limits, typeof json === 'string')
  return data as Record<string, unknown>
}

/** Goes through all of it without recursion; bytes of what was a text have been counted. */
function walk(root: object, limits: Limits, counted: boolean): void {
  const { maxBytes, maxDepth, maxNodes, maxKeys } = limits
  let level: object[] = [root]
  let [bytes, nodes, keys] = [0, 1, 0]
  const leaf = (value: unknown): void => {
    if (typeof value === 'string' && (bytes += utf8Length(value)) > maxBytes)
      throw exceeded('maxBytes', limits)
  }
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) throw exceeded('maxDepth', limits)
    const next: object[] = []
    for (const container of level) {
      const isArray = Array.isArray(container)
      const values: readonly unknown[] = isArray ? (container as unknown[]) : Object.values(container)
      if ((nodes += values.length) > maxNodes) throw exceeded('maxNodes', limits)
      if (!isArray && (keys += values.length) > maxKeys) throw exceeded('maxKeys', limits)
      if (!isArray && !counted) Object.keys(container).forEach(leaf)
      for (const value of values) {
        if (typeof value === 'object' && value !== null) next.push(value)
        else if (!counted) leaf(value)
      }
    }
    level = next
  }
}

function exceeded(limit: keyof Limits, limits: Limits): RetinueError {
  return new RetinueError(
    'RETINUE_SNAPSHOT_LIMIT',
    `A snapshot exceeds ${limit}, which is ${limits[limit]}.`,
    {
      hint: 'If it is meant to be that large, pass { limits } when you restore it.',
      details: { limit, allowed: limits[limit] },
    },
  )
}

function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    bytes += code < 0x800 ? 1 : 2
    // The second half of a pair: the two together take four bytes.
    if (code >= 0xdc00 && code <= 0xdfff && i > 0 && isHighSurrogate(text.charCodeAt(i - 1))) bytes -= 2
  }
  return bytes
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
