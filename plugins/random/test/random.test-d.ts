// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { RandomState } from '../src/index.ts'

declare const session: ChatSession

test('the seed is a number or not set, and the state is read-only', () => {
  session.config.random.seed satisfies number | undefined
  session.context.$get(RandomState).state satisfies readonly number[] | undefined
  session.config.random.seed = 42
  // @ts-expect-error a text is no seed
  session.config.random.seed = 'lucky'
  // @ts-expect-error a list of an item is replaced, never changed inside
  session.context.randomState.state?.push(1)
})
