// Results that are too long for the model: the history keeps them whole, the model is shown their beginning and how to
// read on. `read_result` reads on from the history, so that nothing is lost, in this run or after a restart.
import { defineTool, type Tool, type ToolOutput, type ToolResultPart, Type } from '@retinue/kernel'
import { inOtherWords, textOf } from './tool-output.ts'

/** The name of the tool that reads on; a tool of that name which the application has goes first. */
export const readResultName = 'read_result'

/** The least that a result can be cut to: less would hold the note and nothing else. */
export const leastResultChars = 1000

/** Tells whether a result is longer than the model is shown. */
export function isCut({ output }: ToolResultPart, maxChars: number): boolean {
  return textOf(output).length > maxChars
}

/** A result as the model is shown it: text and JSON beyond the limit are cut, files never are. */
export function shownResult(part: ToolResultPart, maxChars: number): ToolResultPart {
  if (!isCut(part, maxChars)) return part
  const { output, toolCallId } = part
  const text = pageOf(textOf(output), toolCallId, 0, maxChars)
  if (output.type !== 'content') return { ...part, output: inOtherWords(output, text) }
  const files = output.value.filter(({ type }) => type === 'file')
  return { ...part, output: { type: 'content', value: [{ type: 'text', text }, ...files] } }
}

/** What the model is shown in place of a result that was taken out to make room. */
export function droppedResult(part: ToolResultPart): ToolResultPart {
  const { length } = textOf(part.output)
  const value = `[A result of ${length} characters was taken out to make room. ${howToRead(part.toolCallId, 0)} shows it.]`
  return length <= value.length ? part : { ...part, output: { type: 'text', value } }
}

/** Makes the tool that reads on in the outputs of calls. */
export function readResultTool(
  outputOf: (toolCallId: string) => ToolOutput | undefined,
  maxChars: number,
): Tool {
  return defineTool({
    ...definition,
    execute: ({ toolCallId, offset = 0 }) => {
      const output = outputOf(toolCallId)
      if (output === undefined) throw new Error(`there is no result of a call '${toolCallId}'`)
      const text = textOf(output)
      if (offset >= text.length && offset > 0) throw new Error(`the result ends at character ${text.length}`)
      return pageOf(text, toolCallId, offset, maxChars)
    },
  })
}

const definition = {
  description: 'Reads on in an earlier tool result that was cut or taken out, from a character offset.',
  input: Type.Object({
    toolCallId: Type.String({ description: 'As the cut result names it.' }),
    offset: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
  effect: 'pure',
} as const

/** The tool in the form that a provider takes. */
export const readResultForm = {
  type: 'function',
  name: readResultName,
  description: definition.description,
  inputSchema: definition.input,
} as const

/** What a note may take of a page, beside the id of the call. */
const noteChars = 160

/** A page of a text, with a note about the rest; never longer than `maxChars`. */
function pageOf(text: string, toolCallId: string, offset: number, maxChars: number): string {
  if (offset === 0 && text.length <= maxChars) return text
  const end = wholeCharacter(text, Math.min(text.length, offset + maxChars - noteChars - toolCallId.length))
  const start = wholeCharacter(text, offset)
  const rest = end < text.length ? ` ${howToRead(toolCallId, end)} reads on.` : ' This is the end.'
  return `${text.slice(start, end)}\n[Characters ${start} to ${end} of ${text.length}.${rest}]`
}

/** An index that cuts no character in two. */
function wholeCharacter(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index
}

function howToRead(toolCallId: string, offset: number): string {
  return `${readResultName}(${JSON.stringify({ toolCallId, offset })})`
}
