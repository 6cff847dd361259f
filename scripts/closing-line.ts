import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node'

/** A vitest reporter that ends a run with one line: `N passed, N failed`, and `, N skipped` where some were. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const count = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      let failures = 0
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') count.passed++
        else if (state === 'skipped') count.skipped++
        else failures++ // failed, or pending: it never reported
      }
      // A file that failed outside its tests (syntax error, failing hook, no suite) counts as one failure.
      if (module.state() === 'failed' && failures === 0) failures = 1
      count.failed += failures
    }
    if (reason !== 'passed' && count.failed === 0) count.failed = 1
    process.once('exit', (code) => {
      // What failed after the tests (a coverage threshold) is a failure of the run, too.
      if (code !== 0 && count.failed === 0) count.failed = 1
      const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
      console.log(`${count.passed} passed, ${count.failed} failed${skipped}`)
    })
  }
}
