// What a plugin can contribute, and the lines and files of the template that belong to each. A line that ends in
// `// with tool` is there with tools, without that remark; one that begins with `// without tool:` is what follows it
// where there are none.
import { RetinueError } from '@retinue/kernel'

/** What a plugin can contribute. */
export const parts = ['tool', 'context', 'section', 'config', 'agent'] as const

/** One of them. */
export type Part = (typeof parts)[number]

/** Reads a list of parts as people write it: `tool,context`. @throws {RETINUE_SCAFFOLD_PARTS} */
export function readParts(text: string): Part[] {
  const wanted = text.split(',').map((each) => each.trim())
  const known = wanted.filter((each) => (parts as readonly string[]).includes(each)) as Part[]
  if (known.length === wanted.length) return known
  throw new RetinueError('RETINUE_SCAFFOLD_PARTS', `A plugin can't contribute '${text}'.`, {
    hint: `Name some of ${parts.join(', ')}, with a comma between them.`,
  })
}

/** The parts that a file of the template wants; most are for all plugins. */
export function partOfFile(file: string): Part | undefined {
  return parts.find((part) => file === `src/${part === 'tool' ? 'tools' : part}.ts`)
}

/** A file of the template as it is with these parts and without all others. */
export function linesFor(text: string, chosen: readonly Part[]): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', absent, instead = ''] = /^(\s*)\/\/ without (\w+): (.*)$/.exec(line) ?? []
      if (absent !== undefined) return chosen.includes(absent as Part) ? [] : [indent + instead]
      const [, kept, wanted] = /^(.*?) (?:\/\/|<!--) with ([\w, ]+?)(?: -->)?$/.exec(line) ?? []
      if (kept === undefined) return [line]
      return readParts(wanted!).every((part) => chosen.includes(part)) ? [kept] : []
    })
    .join('\n')
}
