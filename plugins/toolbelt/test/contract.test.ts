import { testPlugin } from '@retinue/testing'
import { test } from 'vitest'
import { plugin } from '../src/toolbelt.ts'
import { others } from './a-session.ts'

testPlugin({ test, plugin, entry: new URL('../src/index.ts', import.meta.url), alongside: [others] })
