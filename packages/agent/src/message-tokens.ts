// How many tokens a message is likely to be: about four characters make one, and files are counted by the piece,
// because what a provider takes for one has nothing to do with the length of its data.
import { estimateTokens, type Message, type ToolOutput } from '@retinue/kernel'
import { textOf } from './tool-output.ts'

/** What a file is taken for: about an image of a thousand pixels each way. */
const fileTokens = 1500

/** What a message costs beside its parts. */
const messageFrame = 4

/** Estimates the tokens of a message whose results are cut at so many characters. */
export function messageTokens({ parts }: Message, maxResultChars: number): number {
  let tokens = messageFrame
  for (const part of parts) tokens += partTokens(part, maxResultChars)
  return tokens
}

function partTokens(part: Message['parts'][number], maxResultChars: number): number {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return estimateTokens(part.text)
    case 'file':
      return fileTokens
    case 'tool-call':
      return estimateTokens(part.toolName + JSON.stringify(part.input))
    case 'tool-result':
      return estimateTokens(textOf(part.output).slice(0, maxResultChars)) + fileTokens * filesIn(part.output)
    case 'provider':
      return part.content.type === 'reasoning-file' ? fileTokens : estimateTokens(JSON.stringify(part))
  }
}

function filesIn({ type, value }: ToolOutput): number {
  return type === 'content' ? value.filter((part) => part.type === 'file').length : 0
}
