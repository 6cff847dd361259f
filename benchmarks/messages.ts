// A conversation of a thousand messages: questions, tool calls, results, answers.
import type { Message } from '@retinue/kernel'

const sentence = 'The workspace has a README that says how the example is run and what it prints. '

/** A thousand messages. */
export const thousand: readonly Message[] = Array.from({ length: 250 }, (_, i): Message[] => [
  { role: 'user', parts: [{ type: 'text', text: `Question ${i}: ${sentence}` }] },
  {
    role: 'assistant',
    parts: [
      { type: 'text', text: sentence },
      {
        type: 'tool-call',
        toolCallId: `call_${i}`,
        toolName: 'workspace_read',
        input: { path: 'README.md', limit: 200 },
      },
    ],
  },
  {
    role: 'tool',
    parts: [
      {
        type: 'tool-result',
        toolCallId: `call_${i}`,
        toolName: 'workspace_read',
        output: { type: 'text', value: sentence.repeat(4) },
      },
    ],
  },
  { role: 'assistant', parts: [{ type: 'text', text: sentence.repeat(2) }] },
]).flat()
