// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { MathSection } from '../src/index.ts'

declare const session: ChatSession

test('the section is reached by dot and by class', () => {
  session.sections.math satisfies MathSection
  session.sections.$get(MathSection).render() satisfies string
  // @ts-expect-error it has no fields
  void session.sections.math.precision
})
