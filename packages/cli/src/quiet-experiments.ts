// Node warns of features that this program uses and that work: SQLite until 24.15, TypeScript in configurations. A
// person who chats can do nothing about it. Every other warning is shown.

/** Keeps those warnings from being shown. */
export function quietExperiments(): void {
  const [show] = process.listeners('warning')
  if (show === undefined) return
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    const isExpected = warning.name === 'ExperimentalWarning' && /SQLite|Type Stripping/.test(warning.message)
    if (!isExpected) show(warning)
  })
}
