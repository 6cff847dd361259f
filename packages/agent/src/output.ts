// Structured output: the last answer as JSON that fits a schema. The provider is asked for it by `responseFormat`; where
// it may not see to that, the model is told in the prompt. What does not fit is told to the model, and after one more
// answer it is an error.
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider'
import {
  checkOptions,
  compileSchema,
  type Message,
  option,
  type OptionRule,
  RetinueError,
  type TObject,
} from '@retinue/kernel'
import { hasQuirk } from './quirk.ts'
import { reasonOf } from './reason.ts'
import { schemaForm } from './schema-form.ts'

type ResponseFormat = NonNullable<LanguageModelV4CallOptions['responseFormat']>

/** How often the model is told what was wrong. */
const mostRepairs = 1

const anObjectSchema: OptionRule = [
  `${option.schema[0]}: Type.Object({ … }), with a list or a choice as one of its fields`,
  (schema) => option.schema[1](schema) && (schema as TObject).type === 'object',
]

/** Reads the output of one run. */
export class OutputReader {
  /** What was read, where it fits. */
  value: unknown
  readonly #schema: TObject
  /** The same as the model is shown it, at each step. */
  readonly #format: ResponseFormat
  #repairs = 0

  constructor(schema: TObject) {
    this.#schema = schema
    checkOptions('A run', { output: schema }, { output: anObjectSchema }, 'RETINUE_OUTPUT_SCHEMA')
    this.#format = { type: 'json', schema: schemaForm(schema), name: 'output' }
  }

  /**
   * How the model of a name is asked for it: by the format, which its provider may not see to, and in words where it does
   * not. Beside tools, many refuse the format, or see to it that no tool is called.
   */
  asked(model: string, hasTools: boolean): { readonly words: string; readonly format?: ResponseFormat } {
    const isSeenTo =
      hasQuirk(model, 'takesFormat') && !(hasTools && hasQuirk(model, 'refusesFormatBesideTools'))
    const words = isSeenTo ? '' : this.#inWords
    if (!isSeenTo && (hasTools || hasQuirk(model, 'isStrict'))) return { words }
    return { words, format: this.#format }
  }

  /**
   * Reads an answer; gives what the model is told where it does not fit.
   * @throws {RETINUE_OUTPUT_INVALID} where the model has been told before.
   */
  read(texts: readonly string[]): Message | undefined {
    const found = parsed(texts)
    const problems = 'problem' in found ? [found.problem] : this.#misfits(found.value)
    if (problems.length === 0) {
      this.value = (found as { value: unknown }).value
      return undefined
    }
    if (this.#repairs >= mostRepairs) {
      throw new RetinueError(
        'RETINUE_OUTPUT_INVALID',
        `The answer does not fit the schema: ${problems.join('; ')}.`,
        {
          hint: "The answer is in the history. Describe the schema's fields, or take another model.",
          details: { text: texts.join(''), problems },
        },
      )
    }
    this.#repairs++
    const lines = problems.map((problem) => `- ${problem}`).join('\n')
    const told = `Your answer does not fit:\n${lines}\n${this.#inWords}`
    return { role: 'user', parts: [{ type: 'text', text: told }] }
  }

  get #inWords(): string {
    return `Answer with JSON alone: an object that fits this JSON Schema.\n${JSON.stringify(this.#schema)}`
  }

  #misfits(value: unknown): string[] {
    const schema = compileSchema(this.#schema)
    if (schema.check(value)) return []
    return schema.errors(value).map(({ path, message }) => `${path || 'the answer'}: ${message}`)
  }
}

/** The JSON of an answer: all that it says, or else the last of its texts that is JSON. */
function parsed(texts: readonly string[]): Parsed {
  const whole = parsedText(texts.join(''))
  if (!('problem' in whole)) return whole
  const last = texts.findLast((text) => !('problem' in parsedText(text)))
  return last === undefined ? whole : parsedText(last)
}

type Parsed = { readonly value: unknown } | { readonly problem: string }

/** The JSON of a text, which some models put into a fence. */
function parsedText(text: string): Parsed {
  const fenced = /^\s*```(?:json)?[^\S\n]*\n([^]*?)\n?```\s*$/.exec(text)
  try {
    return { value: JSON.parse(fenced?.[1] ?? text) }
  } catch (error) {
    return { problem: `it is not JSON (${reasonOf(error)})` }
  }
}
