// The contract of plugins: every check, in the order in which an author mends.
import type { Check } from './check.ts'
import { esbuild, rollup } from './checks/bundling.ts'
import { defaults } from './checks/defaults.ts'
import { copies, importing, purity } from './checks/importing.ts'
import { manifest, peersOnly } from './checks/manifest.ts'
import { names } from './checks/names.ts'
import { needs } from './checks/needs.ts'
import { attw, packed, publint } from './checks/packed.ts'
import { determinism, rendering, stability } from './checks/prompts.ts'
import { disposing, twice } from './checks/registration.ts'
import { residue } from './checks/residue.ts'
import { roundTrip } from './checks/round-trip.ts'
import { secrets, toolSecrets } from './checks/secrets.ts'
import { types } from './checks/types.ts'
import { upgrades } from './checks/upgrades.ts'
import type { Subject } from './subject.ts'

const contract: readonly Check[] = [
  manifest,
  names,
  defaults,
  needs,
  roundTrip,
  upgrades,
  residue,
  secrets,
  toolSecrets,
  rendering,
  determinism,
  stability,
  importing,
  purity,
  twice,
  disposing,
  copies,
  esbuild,
  rollup,
  types,
  packed,
  publint,
  attw,
]

/** What of it any package keeps that works with the kernel, and registers nothing. */
const ofPackages: readonly Check[] = [peersOnly, importing, copies, packed, publint, attw]

/** The checks that can be asked of a subject: what users get, or its source. */
export function checksFor({ isBuilt, isPlugin }: Subject): readonly Check[] {
  return (isPlugin ? contract : ofPackages).filter(({ built = false }) => isBuilt || !built)
}
