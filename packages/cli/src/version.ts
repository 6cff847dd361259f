/** The version of this package; `scripts/stamp-versions.ts` writes it. */
export const cliVersion = '0.1.0'
