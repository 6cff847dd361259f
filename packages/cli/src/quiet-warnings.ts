// Node warns of what this program uses and what works: SQLite until 24.15, TypeScript in configurations, a configuration
// beside a package.json without a type, as `npm i` makes one. It would stand in the prompt. Other warnings are shown.

/** Keeps those warnings from being shown; `show` shows the others. @default as Node does */
export function quietWarnings(show = process.listeners('warning')[0]): void {
  if (show === undefined) return
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    const { name, message, code } = warning as NodeJS.ErrnoException
    const isExperiment = name === 'ExperimentalWarning' && /SQLite|Type Stripping/.test(message)
    if (!isExperiment && code !== 'MODULE_TYPELESS_PACKAGE_JSON') show(warning)
  })
}
