// What the offline model says: that it is no language model, and then what the tools returned, cut to what a reader
// can take in. It names files where files were asked for; it never claims to have understood anything.
import type { LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import type { Clause } from './clause.ts'
import type { OfflineTool } from './offline-tool.ts'

/** The sentence that every answer begins with. */
export const offlineNotice = 'offline model: no language model is configured.'

/** A call that has its result. */
export interface AnsweredTool {
  readonly toolName: string
  readonly input: unknown
  readonly output: LanguageModelV4ToolResultOutput
  /** The clause that asked for it, where one did. */
  readonly clause: Clause | undefined
}

const mostLines = 24
const mostFiles = 40
const longestLine = 240

/** Answers from results. */
export function answerFrom(results: readonly AnsweredTool[]): string {
  return [`${offlineNotice} This is what the tools returned.`, ...results.map(section)].join('\n\n')
}

/** Answers where no tool fits. */
export function answerWithout(tools: readonly OfflineTool[]): string {
  if (tools.length === 0)
    return `${offlineNotice} No tool is equipped either, so there is nothing to answer from.`
  const list = tools.map(({ name, description }) => `- ${name}: ${firstSentence(description)}`)
  return [
    `${offlineNotice} It picks tools by their words, and none fits this message, or what it needs is not in it (put texts in quotes, and write paths out).`,
    `The equipped tools:\n${list.join('\n')}`,
  ].join('\n\n')
}

/** Answers a message that is longer than what is read. */
export function answerToLonger(than: number): string {
  return `${offlineNotice} It reads messages of up to ${than} characters, and this one is longer.`
}

function section(result: AnsweredTool): string {
  const { toolName, input, output } = result
  const call = `${toolName} ${JSON.stringify(input)}`
  if (output.type.startsWith('error') || output.type === 'execution-denied')
    return `${call} failed: ${textOf(output)}`
  const files = asksForFiles(result.clause) ? filesIn(output) : undefined
  if (files !== undefined && files.size > 0) return `${call} found ${listOfFiles(files)}`
  return `${call} returned:\n\n${excerpt(textOf(output))}`
}

function asksForFiles(clause: Clause | undefined): boolean {
  return clause !== undefined && /\b(which|what|find|list|all)\b.*\bfiles?\b|\bwhere\b/i.test(clause.plain)
}

/** The files that a result names, each with how often: by lines such as `path:12: text`, or by fields such as `path`. */
function filesIn(output: LanguageModelV4ToolResultOutput): Map<string, number> {
  const files = new Map<string, number>()
  const count = (path: string): void => void files.set(path, (files.get(path) ?? 0) + 1)
  if (output.type === 'text') {
    for (const [, path] of output.value.matchAll(/^([^\s:][^:\n]*):\d+:/gm)) count(path!)
  } else if (output.type === 'json') {
    walk(output.value, count)
  }
  return files
}

function walk(value: unknown, count: (path: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    if (/^(path|file|filename)$/i.test(key) && typeof item === 'string') count(item)
    else walk(item, count)
  }
}

function listOfFiles(files: ReadonlyMap<string, number>): string {
  const lines = [...files]
    .slice(0, mostFiles)
    .map(([path, count]) => `- ${path}${count > 1 ? ` (${count} places)` : ''}`)
  if (files.size > mostFiles) lines.push(`- and ${files.size - mostFiles} more`)
  return `${files.size === 1 ? '1 file' : `${files.size} files`}:\n${lines.join('\n')}`
}

/** A text as Markdown shows it as it stands: set in by four. */
function excerpt(text: string): string {
  const lines = text.trimEnd().split('\n')
  const shown = lines
    .slice(0, mostLines)
    .map((line) => `    ${line.length <= longestLine ? line : `${line.slice(0, longestLine)}…`}`.trimEnd())
  if (lines.length > mostLines) shown.push('', `(${lines.length - mostLines} more lines)`)
  return shown.join('\n')
}

function textOf(output: LanguageModelV4ToolResultOutput): string {
  switch (output.type) {
    case 'text':
    case 'error-text':
      return output.value
    case 'json':
    case 'error-json':
      return JSON.stringify(output.value, undefined, 2)
    case 'execution-denied':
      return output.reason ?? 'The call was refused.'
    case 'content':
      return output.value.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n')
  }
}

function firstSentence(text: string): string {
  return /^[^]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text
}
