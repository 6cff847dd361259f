import { testPlugin } from '@retinue/testing'
import { test } from 'vitest'
import { plugin } from '../src/mcp.ts'

testPlugin({ test, plugin, entry: new URL('../src/index.ts', import.meta.url) })
