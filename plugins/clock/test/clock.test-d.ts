// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { ClockSection } from '../src/index.ts'

declare const session: ChatSession

test('the zone may be set or not, on the config and on the section that follows it', () => {
  session.config.clock.timeZone satisfies string | undefined
  session.sections.$get(ClockSection).timeZone satisfies string | undefined
  session.sections.clock.timeZone = 'Europe/Berlin'
  // @ts-expect-error an offset in hours is no zone
  session.config.clock.timeZone = 2
  // @ts-expect-error there is no such field
  void session.config.clock.alarm
})
