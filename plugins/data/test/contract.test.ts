import { plugin as workspace } from '@retinue/plugin-workspace/fence'
import { testPlugin } from '@retinue/testing'
import { test } from 'vitest'
import { plugin } from '../src/data.ts'

testPlugin({
  test,
  plugin,
  entry: new URL('../src/index.ts', import.meta.url),
  alongside: [workspace],
})
