// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { ThinkSection } from '../src/index.ts'

declare const session: ChatSession

test('the section is reached by dot and by class', () => {
  session.sections.think satisfies ThinkSection
  session.sections.$get(ThinkSection).render() satisfies string
  // @ts-expect-error it has no fields
  void session.sections.think.style
})
