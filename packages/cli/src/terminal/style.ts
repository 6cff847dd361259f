// Colour where a terminal wants it: Node itself looks at the stream, NO_COLOR, NODE_DISABLE_COLORS and FORCE_COLOR.
import { styleText } from 'node:util'

/** The ways in which this program sets text off. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
  /** Whether they do anything. */
  readonly isOn: boolean
}

/** Gives the style for what is written to a stream. */
export function styleFor(stream: NodeJS.WritableStream): Style {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    text === '' ? '' : styleText(format, text, { stream: stream as never })
  const dim = paint('dim')
  return {
    bold: paint('bold'),
    dim,
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
    isOn: dim('x') !== 'x',
  }
}
