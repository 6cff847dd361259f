// Stands in for the browser tests where no Chromium is installed, so that a run names and counts what it skips.
import { globSync } from 'node:fs'
import { test } from 'vitest'
import { chromium } from './chromium.ts'

const files = globSync('{packages,plugins}/*/test/**/*.browser.test.ts', { exclude: ['**/node_modules/**'] })

for (const file of files.sort())
  test.skip(`${file}: no Chromium at ${chromium} (set RETINUE_CHROMIUM)`, () => {})
