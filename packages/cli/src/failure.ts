// How this program fails: one line that says what is the case, one that says what to do, and a code. The
// stack is for whoever asks for it.
import { RetinueError } from '@retinue/kernel'
import { safeText } from './terminal/safe-text.ts'
import { styleFor } from './terminal/style.ts'

/** Tells a failure to a person. */
export function describeFailure(thrown: unknown, stream: NodeJS.WritableStream, withStack: boolean): string {
  const style = styleFor(stream)
  if (!(thrown instanceof Error)) return `${style.red('error:')} ${safeText(String(thrown))}`
  if (withStack) return `${style.red('error:')} ${safeText(thrown.stack ?? thrown.message)}`
  if (!(thrown instanceof RetinueError)) {
    const hint = style.dim('This is likely a defect; --debug shows where it happened.')
    return `${style.red('error:')} ${safeText(thrown.message)}\n  ${hint}`
  }
  const { code, hint } = thrown
  const text = thrown.message.slice(`[${code}] `.length)
  const what = hint === undefined ? text : text.slice(0, -hint.length).trimEnd()
  const lines = [`${style.red('error:')} ${safeText(what)} ${style.dim(`(${code})`)}`]
  if (hint !== undefined) lines.push(`  ${safeText(hint)}`)
  return lines.join('\n')
}

/** What a text says without its code and what to do. */
export function firstSentence(text: string): string {
  return safeText(/^(?:\[\w+\] )?([^]*?[.!?])(?=\s|$)/.exec(text)?.[1] ?? text)
}

/** Gives the text of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
