import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { compile } from '../compile.ts'
import { entriesOf, registryWith, type Subject } from '../subject.ts'

/** The interface that a plugin augments, by kind. */
const augmented: Readonly<Record<string, string>> = {
  config: 'ConfigTypes',
  context: 'ContextTypes',
  section: 'SectionTypes',
  toolset: 'ToolsetTypes',
}

/** The class that has the bag of a kind of the plugin's own, by owner. */
const owned = {
  user: 'ChatUser',
  agent: 'AgentConfig',
  session: 'ChatSession',
  interaction: 'InteractionContext',
}

/** Types compile with all that they stand on, and dot access is typed. */
export const types: Check = {
  name: 'its types compile, libraries included, and dot access is typed',
  built: true,
  async run(subject) {
    const { code, output } = await compile(subject, program(subject))
    if (code === 0) return
    const missing = /Property '(\w+)' does not exist on type '(\w+)'/.exec(output)
    if (missing !== null) {
      const [, property, face] = missing
      throw broken(
        `Dot access to '${property}' has no type.`,
        `Let its entry say: declare module '@retinue/kernel' { interface ${face} { ${property}: … } }.`,
      )
    }
    throw broken(
      `Its types do not compile with skipLibCheck off:\n${output}`,
      'Import by type what declarations name, and name no type of a package that users do not get.',
    )
  },
}

/** A program that names each property by which the plugin's items are reached. */
function program(subject: Subject): string {
  const reached = entriesOf(registryWith(subject), subject).flatMap(({ kind, property }) =>
    kind.name in augmented
      ? `${augmented[kind.name]}['${property}']`
      : kind.owners.map((owner) => `${owned[owner]}['${kind.bag}']`),
  )
  const lines = [...new Set(reached)].map((type, i) => `export declare const reached${i}: ${type}`)
  return `import ${JSON.stringify(subject.entry)}
import type { ${[...Object.values(augmented), ...Object.values(owned)].join(', ')} } from '@retinue/kernel'

${lines.join('\n')}
`
}
