import { RetinueError, type Registration, type Registry } from '@retinue/kernel'
import type { Check } from '../check.ts'
import { broken } from '../../verdict.ts'
import { entriesOf, registryWith, type Subject } from '../subject.ts'

/** What providers of models take as the name of a tool. */
const longestToolName = 64

/** Names are of the grammar, nobody else's, and short enough for models. */
export const names: Check = {
  name: 'its names are names, and no one else has them',
  run(subject) {
    const registry = registered(subject)
    for (const { kind, type, property } of entriesOf(registry, subject)) {
      const catalogue = registry.of(kind)
      if (catalogue.get(type)?.type === type && catalogue.get(property)?.type === type) continue
      throw broken(
        `The ${kind.name} '${type}' is not found by its own name.`,
        "Use snake_case ASCII such as 'web_search', each word starting with a letter and longer than one.",
      )
    }
    for (const name of entriesOf(registry, subject).flatMap(toolNamesOf)) {
      if (name.length <= longestToolName) continue
      throw broken(
        `The tool '${name}' has a name of ${name.length} characters, and models take ${longestToolName} at most.`,
        'Shorten the name of the tool or of its toolset.',
      )
    }
  },
}

/** The names under which the tools of a toolset are published. */
export function toolNamesOf({ definition, type }: Registration): string[] {
  if (!('tools' in definition)) return []
  return Object.keys(definition.tools).map((tool) => (type === tool ? type : `${type}_${tool}`))
}

function registered(subject: Subject): Registry {
  try {
    return registryWith(subject)
  } catch (error) {
    if (!(error instanceof RetinueError)) throw error
    const about = 'It can not be registered'
    const beside = subject.alongside.map(({ name }) => name).join(', ')
    throw broken(`${about}${beside === '' ? '' : ` beside ${beside}`}: ${error.message}`, '', error)
  }
}
