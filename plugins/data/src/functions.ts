// What people who look at data miss in SQLite: median and other quantiles, the standard deviation, and regular expressions.
import type { Database, Sqlite3Static, SqlValue } from '@sqlite.org/sqlite-wasm'

/** Adds the functions to a database. */
export function addFunctions(sqlite3: Sqlite3Static, db: Database): void {
  const { sqlite3_js_aggregate_context } = sqlite3.capi
  const addAggregate = (
    name: string,
    arity: number,
    result: (values: number[], part: number) => number | null,
  ): void => {
    const groups = new Map<number, { readonly values: number[]; part: number }>()
    db.createFunction({
      name,
      arity,
      deterministic: true,
      xStep(context: number, value: SqlValue, part: SqlValue = 0.5) {
        if (value === null) return
        const key = Number(sqlite3_js_aggregate_context(context, 8))
        const group = groups.get(key) ?? { values: [], part: Number(part) }
        groups.set(key, group)
        group.values.push(numberOf(value, name))
      },
      xFinal(context: number) {
        const key = Number(sqlite3_js_aggregate_context(context, 0))
        const group = groups.get(key)
        groups.delete(key)
        return group === undefined ? null : result(group.values, group.part)
      },
    })
  }
  addAggregate('median', 1, quantile)
  addAggregate('quantile', 2, quantile)
  addAggregate('stddev', 1, deviation)
  const patterns = new Map<string, RegExp>()
  db.createFunction({
    name: 'regexp', // which `x regexp 'pattern'` calls
    arity: 2,
    deterministic: true,
    xFunc(_: number, pattern: SqlValue, text: SqlValue) {
      if (typeof pattern !== 'string' || text === undefined || typeof text === 'object') return null
      if (patterns.size > maxPatterns) patterns.clear()
      const known = patterns.get(pattern) ?? new RegExp(pattern, 'u')
      patterns.set(pattern, known)
      return known.test(String(text)) ? 1 : 0
    },
  })
}

/** A number, or a text that writes one; any other would move the result without a word. */
function numberOf(value: SqlValue, name: string): number {
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value)
  if (!Number.isNaN(number)) return number
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : 'what is bytes'
  throw new TypeError(`${name} takes numbers, and ${shown} is none`)
}

/** How many patterns are kept compiled, where each row brings another. */
const maxPatterns = 1000

/** The value below which a part of the values lies, between two of them in proportion. */
function quantile(values: number[], part: number): number {
  if (!(part >= 0 && part <= 1)) throw new RangeError('the part of a quantile is a number from 0 to 1')
  const sorted = Float64Array.from(values).sort()
  const at = (sorted.length - 1) * part
  const below = sorted[Math.floor(at)]!
  return below + (sorted[Math.ceil(at)]! - below) * (at % 1)
}

/** The standard deviation of a sample. */
function deviation(values: number[]): number | null {
  if (values.length < 2) return null
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}
