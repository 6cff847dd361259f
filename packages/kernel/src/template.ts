// Templates, which are Eta's: they are code, and come from plugin packages and the application. Text that a user or a
// stored agent brings is no template: `filled-text` looks up what it names.
import { Eta } from 'eta/core'
import { RetinueError, reasonOf } from './errors.ts'
import type { Template, TemplateView } from './types.ts'

/** What the templates of one pass see, before its types are told to authors. */
export type Views = Readonly<Record<string, unknown>>

/** Turns what a template sees into text. */
export type Render = (views: Views) => string

/** Marks text from outside off, by a fence that it does not contain. Templates have it too. */
export function fence(content: unknown): string {
  const text = shownAs(content)
  let longest = 2
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length)
  const mark = '`'.repeat(longest + 1)
  return `${mark}\n${text}\n${mark}`
}

/** What templates have beside the views. */
export const helpers = Object.freeze({
  /** A value as JSON. */
  json: (value: unknown): string => JSON.stringify(value, undefined, 2) ?? '',
  fence,
  /** One line for each item. */
  list: listed,
})

/**
 * Compiles a template; `names` are what it may use, beside the helpers.
 * @throws {RETINUE_TEMPLATE_FORBIDDEN} where the runtime forbids code generation.
 */
export function compileTemplate(template: Template, names: readonly string[]): Render {
  if (typeof template === 'function') return (views) => shownAs(template(views as TemplateView))
  if (!template.includes('<%')) return () => template // no code in it: every runtime can have it
  let render: Render | undefined
  return (views) => {
    try {
      return (render ??= compileEta(template, names, false))(views)
    } catch (error) {
      throw located(error, template, names, views)
    }
  }
}

/** What an expression of a template puts out: nothing for nothing, JSON for objects. */
export function shownAs(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  if (value instanceof Promise) throw promised(value)
  if (typeof value === 'object' && !(Symbol.toPrimitive in value)) return JSON.stringify(value) ?? ''
  return String(value as string)
}

function promised(promise: Promise<unknown>): RetinueError {
  promise.catch(() => undefined) // what it rejects with is not the news
  return new RetinueError('RETINUE_TEMPLATE_FAILED', 'it gave a promise, and a prompt waits for nothing', {
    hint: 'Let a tool await it, and keep what comes of it in a context.',
  })
}

/** What an error says, without its code and hint. */
export function whatOf(error: unknown): string {
  if (!(error instanceof RetinueError)) return reasonOf(error)
  const { message, code, hint } = error
  return message.slice(`[${code}] `.length, hint === undefined ? undefined : -` ${hint}`.length)
}

function compileEta(template: string, names: readonly string[], debug: boolean): Render {
  const eta = new Eta({
    autoEscape: false,
    autoFilter: true,
    autoTrim: false,
    debug,
    filterFunction: shownAs,
    functionHeader: `const { ${[...names, ...Object.keys(helpers)].join(', ')} } = it;`,
    plugins: [{ processTemplate: withoutTagLines }],
  })
  let compiled: ReturnType<typeof eta.compile>
  try {
    compiled = eta.compile(template)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    throw new RetinueError(
      'RETINUE_TEMPLATE_FORBIDDEN',
      'This runtime forbids code generation, which Eta templates need.',
      {
        hint: 'Give the section a function as its template: template: ({ section }) => `…`.',
        cause: error,
      },
    )
  }
  return (views) => compiled.call(eta, views, {})
}

/** A line that holds nothing but a tag without output leaves no empty line behind: its end moves into the tag. */
function withoutTagLines(template: string): string {
  const lines = template.split('\n')
  return lines
    .map((line, i) =>
      isTagLine(line) ? line.trim().replace(/^<%[-_]?/, '$&\n') : i < lines.length - 1 ? `${line}\n` : line,
    )
    .join('')
}

function isTagLine(line: string): boolean {
  const bare = line.trim()
  return bare.startsWith('<%') && bare.indexOf('%>') === bare.length - 2 && !/^<%[-_]?\s*[=~]/.test(bare)
}

/** Finds the line of an error by rendering once more with line numbers on. */
function located(error: unknown, template: string, names: readonly string[], views: Views): unknown {
  const own = error instanceof RetinueError ? error : undefined
  // What a section says that is placed in this one names that section and its line already.
  if (own?.code === 'RETINUE_TEMPLATE_FORBIDDEN' || own?.details.section !== undefined) return error
  let told = ''
  try {
    compileEta(template, names, true)(views)
  } catch (again) {
    told = reasonOf(again)
  }
  const line = /(?:^|at )line (\d+)/.exec(told)?.[1] ?? lineOfBroken(template, names)
  const said = whatOf(error)
    .split(/\n===|:\n\n/)[0]!
    .replace('\n\n', ': ') // without the code that Eta quotes
  const reason = error instanceof ReferenceError ? `${said}; a template sees ${names.join(', ')}` : said
  return new RetinueError(
    own?.code ?? 'RETINUE_TEMPLATE_FAILED',
    line === undefined ? reason : `${reason} (line ${line})`,
    {
      cause: error,
      hint: own?.hint,
      details: line === undefined ? {} : { line: Number(line) },
    },
  )
}

/** The line of the first tag after which nothing could make the template whole: for a tag that is no JavaScript the runtime gives none. */
function lineOfBroken(template: string, names: readonly string[]): number | undefined {
  const open: string[] = []
  for (const { 0: tag, index } of template.matchAll(/<%[^]*?%>/g)) {
    if (!/^<%[-_]?\s*[=~]/.test(tag)) countBrackets(tag, open)
    const whole = `${template.slice(0, index)}${tag}<% ${open.join('')} %>`
    try {
      compileEta(whole, names, false)
    } catch {
      return template.slice(0, index).split('\n').length
    }
  }
  return undefined
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** Keeps what would close the brackets that are open, the innermost first; those in strings are none. */
function countBrackets(tag: string, open: string[]): void {
  for (const bracket of tag.replace(/(['"`])(?:\\.|(?!\1).)*\1/g, '').match(/[()[\]{}]/g) ?? []) {
    const close = closing[bracket]
    if (close === undefined) open.shift()
    else open.unshift(close)
  }
}

function listed(items: unknown): string {
  const each = Array.isArray(items) ? (items as unknown[]) : []
  return each.map((item) => `- ${shownAs(item).replaceAll('\n', '\n  ')}`).join('\n')
}
