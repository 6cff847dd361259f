import { existsSync } from 'node:fs'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromium } from './scripts/chromium.ts'

// Tests and examples run on the TypeScript sources: no build comes first.
const source = '@retinue/source'
const resolve = { conditions: [source, 'module', 'browser', 'development|production'] }
const ssr = { resolve: { conditions: [source, 'module', 'node', 'development|production'] } }

// Where there is no browser, its tests are named and counted as skipped, not dropped.
const browserMissing = 'scripts/browser-missing.test.ts'

const alone = '{packages,plugins}/*/test/**/*.alone.test.ts'

// Loading the sources anew for each file would be most of the run: files share a process, and must leave it as it was.
const node = {
  extends: true as const,
  test: {
    name: 'node',
    isolate: false,
    env: { RETINUE_CHROMIUM: chromium }, // for tests that open a browser themselves
    include: [
      '{packages,plugins,examples}/*/test/**/*.test.ts',
      'scripts/*.test.ts',
      'benchmarks/test/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/*.browser.test.ts', alone, browserMissing],
    typecheck: {
      enabled: true,
      checker: 'tsc' as const,
      build: true,
      tsconfig: './tsconfig.test.json',
      include: ['{packages,plugins}/*/test/**/*.test-d.ts'],
    },
  },
}

// Modules that a file replaces stay replaced in its process, and what the engine has learnt there decides what it calls old.
const isolated = { extends: true as const, test: { name: 'alone', include: [alone] } }

const browser = {
  extends: true as const,
  test: {
    name: 'browser',
    include: ['{packages,plugins}/*/test/**/*.browser.test.ts'],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium,
          args: [
            '--no-sandbox',
            '--disable-gpu',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      }),
      instances: [{ browser: 'chromium' as const }],
    },
  },
}

const noBrowser = { extends: true as const, test: { name: 'browser', include: [browserMissing] } }

export default defineConfig({
  resolve,
  ssr,
  test: {
    maxWorkers: '100%', // by default a core is left free: half of a machine that has two
    testTimeout: 180_000, // a property of ten thousand cases, on a machine that is busy
    projects: [node, isolated, existsSync(chromium) ? browser : noBrowser],
    reporters: ['default', './scripts/closing-line.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/kernel/src/**'],
      reporter: ['text', 'json-summary'],
      thresholds: { lines: 100, branches: 100 },
    },
  },
})
