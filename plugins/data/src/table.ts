// What a file is to the database: a table with typed columns, whose rows come when a statement wants them, and of them
// only the columns that it reads.

/** What the values of a column are; `any` says nothing about them. */
export type ColumnType = 'integer' | 'real' | 'text' | 'any'

/** A column of a table. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** The key under which rows have it, where they are objects; else they are arrays of the columns that were wanted. */
  readonly key?: string
}

/** A table that is not loaded yet. */
export interface Table {
  /** What it was read from, in words: `'CSV'`. */
  readonly kind: string
  readonly columns: readonly Column[]
  readonly rows: number
  /** What whoever reads answers from it should know. */
  readonly notices: readonly string[]
  /** Gives every row as JSON, with the columns of these indexes. */
  read(wanted: readonly number[], put: (row: string) => void): void | Promise<void>
}

/** How many columns a table may have: as many as SQLite takes. */
export const maxColumns = 2000

/**
 * Makes names of columns unlike each other, each `ü` in them put together as a model writes it; SQLite tells upper from
 * lower case as little as people do.
 *
 * @example
 * distinctNames(['id', '', 'ID']) // ['id', 'column_2', 'ID_2']
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name, index) => {
    const wanted =
      name
        .normalize()
        .replaceAll(/[\s\p{Cc}]+/gu, ' ')
        .trim() || `column_${index + 1}`
    let free = wanted
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${wanted}_${i}`
    taken.add(free.toLowerCase())
    return free
  })
}
