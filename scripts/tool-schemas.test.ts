// Holds the schemas of all tools of the plugins to what every provider reads.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Plugin {
  readonly contributes: readonly { readonly tools?: Readonly<Record<string, { readonly input: object }>> }[]
}

const root = join(import.meta.dirname, '..')

// Gemini refuses all tools for one `const`, or passes it by, so that its models are told of no value; and it takes an
// `enum` of texts only, with its type.
test.each(globSync('plugins/*/src/index.ts', { cwd: root }))(
  '%s tells Gemini all values that its tools take',
  async (file) => {
    const { plugin } = (await import(join(root, file))) as { plugin?: Plugin }
    const tools = plugin?.contributes.flatMap(({ tools = {} }) => Object.entries(tools)) ?? []
    const unread: string[] = []
    for (const [name, { input }] of tools) {
      JSON.stringify(input, (key, value: { const?: unknown; enum?: unknown; type?: unknown } | null) => {
        if (value?.const !== undefined) unread.push(`${name}: ${key} has a const`)
        if (value?.enum !== undefined && value.type !== 'string') unread.push(`${name}: ${key} is no text`)
        return value
      })
    }
    expect(unread).toEqual([])
  },
)
