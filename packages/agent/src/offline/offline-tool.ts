// A tool as the offline model sees it: the words of its name, description and properties, weighed by how well they
// tell it from the other tools, and whether it changes something.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import { isChanging, keyword, keywordsOf, wordsOf } from './vocabulary.ts'

/** The parts of a JSON Schema that are read here. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly minProperties?: number
  readonly default?: unknown
}

/** A tool, read once for each answer. */
export interface OfflineTool {
  readonly name: string
  readonly description: string
  readonly schema: Schema
  /** What its words are worth in a message. */
  readonly weights: ReadonlyMap<string, number>
  /** The concepts in its name and at the start of its description: what it does. */
  readonly deeds: ReadonlySet<string>
  /** Whether it changes something, and so wants to be asked for plainly. */
  readonly isChanging: boolean
}

/** Reads the tools that a call offers. */
export function offlineTools({ tools = [], toolChoice }: LanguageModelV4CallOptions): OfflineTool[] {
  if (toolChoice?.type === 'none') return []
  const offered = tools
    .filter((tool) => tool.type === 'function')
    .filter(({ name }) => toolChoice?.type !== 'tool' || toolChoice.toolName === name)
    .map((tool) => ({ ...tool, description: tool.description ?? '', schema: tool.inputSchema as Schema }))
  const words = offered.map(({ name, description, schema }) => weigh(name, description, schema))
  return offered.map(({ name, description, schema }, i) => {
    const deeds = new Set([...wordsOf(name), ...wordsOf(description).slice(0, 1)].map(keyword))
    return {
      name,
      description,
      schema,
      deeds,
      weights: new Map([...words[i]!].map(([word, weight]) => [word, weight * rarity(word, words)])),
      isChanging: [...deeds].some(
        (deed) => isChanging(deed) && !(deed === 'add' && takesNumbersOnly(schema)),
      ),
    }
  })
}

function weigh(name: string, description: string, { properties = {} }: Schema): Map<string, number> {
  const weights = new Map<string, number>()
  const add = (words: readonly string[], weight: number): void => {
    for (const word of new Set(words)) weights.set(word, (weights.get(word) ?? 0) + weight)
  }
  add(keywordsOf(name), 3)
  add(keywordsOf(description), 1)
  add(Object.keys(properties).flatMap(keywordsOf), 0.5)
  return weights
}

/** A word that every tool has tells little, unless there are only few tools. */
function rarity(word: string, all: readonly ReadonlyMap<string, number>[]): number {
  const having = all.filter((words) => words.has(word)).length
  return Math.log(1 + Math.max(all.length, 4) / having)
}

/** "Add 2 and 3" is arithmetic. */
function takesNumbersOnly({ properties = {} }: Schema): boolean {
  const all = Object.values(properties)
  return all.length > 0 && all.every(({ type }) => type === 'number' || type === 'integer')
}
