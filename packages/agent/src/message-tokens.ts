// How many tokens a message is likely to be: about four characters make one, and files are counted by the piece,
// because what a provider takes for one has nothing to do with the length of its data.
import { estimateTokens, type Message } from '@retinue/kernel'
import { textOf } from './tool-output.ts'

/** What a file is taken for: about an image of a thousand pixels each way. */
const fileTokens = 1500

/** What a message costs beside its parts. */
const messageFrame = 4

/** Estimates the tokens of a message whose results are cut at so many characters. */
export function messageTokens({ parts }: Message, maxResultChars: number): number {
  let tokens = messageFrame
  for (const part of parts) {
    if (part.type === 'file') tokens += fileTokens
    else if (part.type === 'provider' && part.content.type === 'reasoning-file') tokens += fileTokens
    else if (part.type === 'tool-call') tokens += estimateTokens(part.toolName + JSON.stringify(part.input))
    else if (part.type === 'tool-result') {
      const { output } = part
      tokens += estimateTokens(textOf(output).slice(0, maxResultChars))
      if (output.type === 'content')
        tokens += fileTokens * output.value.filter(({ type }) => type === 'file').length
    } else if (part.type === 'provider') tokens += estimateTokens(JSON.stringify(part))
    else tokens += estimateTokens(part.text)
  }
  return tokens
}
