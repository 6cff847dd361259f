// How many cases a property test runs: what a usual run can afford; RETINUE_CASES=1000000 asks for more.

/** The parameters that every `fc.assert` of this package is given. */
export const cases = { numRuns: Number(process.env.RETINUE_CASES ?? 10_000) }
