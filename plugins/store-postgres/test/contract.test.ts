import { testPackage } from '@retinue/testing'
import { test } from 'vitest'

testPackage({ test, entry: new URL('../src/index.ts', import.meta.url) })
