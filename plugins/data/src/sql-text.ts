// Statements as text: how names and texts are written in SQL, and what can be told of a statement from its words.
import type { PreparedStatement } from '@sqlite.org/sqlite-wasm'
import type { ColumnType } from './table.ts'

/** Writes a name in quotes. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Writes a text in quotes. */
export function quotedText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Tells whether a name may stand in a statement. */
export function isNamed(sql: string, name: string): boolean {
  return sql.toLowerCase().includes(name.replaceAll('"', '""').toLowerCase())
}

/** Says what a declared type comes to. @see https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
export function affinityOf(declared: string): ColumnType {
  if (/int/i.test(declared)) return 'integer'
  if (/char|clob|text/i.test(declared)) return 'text'
  return /real|floa|doub/i.test(declared) ? 'real' : 'any'
}

/** Says why a statement may not be run, whatever it does; `rest` is what stands behind it. */
export function flawOf(statement: PreparedStatement, rest: string): string | undefined {
  if (statement.columnCount === 0) return 'The statement gives no rows'
  if (statement.parameterCount > 0) return 'The statement has parameters, for which there are no values'
  // Each comment ends in one way only, or many of them would be tried in all ways.
  if (/^(?:\s|;|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*\*\/)*$/.test(rest)) return undefined
  return 'There is more than one statement'
}
