import { relative } from 'node:path'
import type { Check } from '../check.ts'
import { breakWith, broken, Skip } from '../../verdict.ts'
import { importOf } from '../import.ts'

/** Importing has one effect: it registers. */
export const importing: Check = {
  name: 'importing it reads, writes, starts and awaits nothing',
  async run(subject) {
    const { acts, topLevelAwait } = await importOf(subject)
    const problems: [what: string, mend: string][] = acts.map(({ what, at }) => [
      `While it is imported it ${what} (${at}).`,
      'Do that in a tool, when it is called.',
    ])
    if (topLevelAwait) {
      problems.push([
        'It, or a module that it imports, has an await at its top level.',
        'Wait where the result is used: what is awaited at the top holds up every application, and shuts require() out.',
      ])
    }
    breakWith(problems)
  },
}

/** The file that defines is pure. */
export const purity: Check = {
  name: 'the file that defines it registers nothing',
  async run(subject) {
    const { pureRegistered } = await importOf(subject)
    const { file, name } = subject.plugin
    if (file === undefined) throw new Skip('this runtime does not tell which file called definePlugin()')
    if (pureRegistered === undefined) {
      throw broken(
        `${relative(subject.folder, subject.entry)} both defines and registers the plugin.`,
        'Define it in a file of its own, and let the entry import that and register: tests and tenants register for themselves.',
      )
    }
    // What it imports of a plugin that it extends registers that one; whether it may, `disposing` looks at.
    const own = pureRegistered.filter(([, from]) => from === name)
    if (own.length === 0) return
    throw broken(
      `Importing ${file} alone registers ${own.map(([key]) => key).join(', ')}.`,
      'Call register(plugin) in the entry only.',
    )
  },
}

/** Two copies of kernel and plugin in one process share one registry. */
export const copies: Check = {
  name: 'two copies of it and of the kernel share one registry',
  async run(subject) {
    const { copy } = await importOf(subject)
    if (copy.failure !== undefined) {
      throw broken(
        `With a second copy of the kernel and itself it fails: ${copy.failure}`,
        'Install trees have copies by accident: rely on type names, never on instanceof or on being the only one.',
      )
    }
    if (copy.shared && !copy.changed) return
    throw broken(
      'A second copy registers other types, or elsewhere.',
      'Take all of the kernel from @retinue/kernel.',
    )
  },
}
