// What a case is: variants that do the same work, and the bars that are held against them.

/** A variant, ready to run: `run` does `ops` operations. */
export interface Work {
  readonly ops: number
  run(): unknown
}

/**
 * A bar: the time of a variant over that of another, or by itself; without a limit it is a figure to compare with.
 * `beyond` names what is taken off both times before, so that they are those of what was added.
 */
export type Bar =
  | {
      readonly variant: string
      readonly against: string
      readonly beyond?: { readonly variant: string; readonly against: string }
      readonly atMost?: number
    }
  | { readonly variant: string; readonly atMostNs: number }

/** Something that is measured. */
export interface Case {
  readonly what: string
  readonly variants: Readonly<Record<string, () => Work | Promise<Work>>>
  readonly bars: readonly Bar[]
}
