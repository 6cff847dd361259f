// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { UserPreferences } from '../src/index.ts'

declare const session: ChatSession

test('preferences are optional, and of their kinds', () => {
  session.config.preferences.language satisfies string | undefined
  session.context.userPreferences.units satisfies 'metric' | 'imperial' | undefined
  session.context.$get(UserPreferences).wishes satisfies readonly string[]
  session.context.userPreferences.tone = 'brief'
  // @ts-expect-error there are no such units
  session.config.preferences.units = 'cubits'
  // @ts-expect-error what is set is dropped by $reset
  session.config.preferences.tone = undefined
  // @ts-expect-error there is no such field
  void session.context.userPreferences.mood
})
