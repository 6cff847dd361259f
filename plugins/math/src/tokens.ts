// Cuts an expression into numbers, names and signs.
import { failure } from './errors.ts'

/** A piece of an expression. */
export interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end'
  readonly text: string
}

const pattern =
  /\s*(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_°℃℉][\p{L}\p{N}_°]*)|(?<sign>\*\*|[-+*/^%!(),×·÷−]))/uy

/** A power as it is printed: m², s⁻¹. Its parts are digits and signs to Unicode. */
const superscript = /[⁺⁻]?[⁰¹²³⁴-⁹]+/g

const same: Readonly<Record<string, string>> = { '**': '^', '×': '*', '·': '*', '÷': '/', '−': '-' }

/** @throws {RETINUE_MATH_SYNTAX} at a character that means nothing. */
export function tokensOf(expression: string): Token[] {
  const text = expression.replaceAll(
    superscript,
    (digits) => `^(${digits.normalize('NFKC').replace('−', '-')})`,
  )
  const tokens: Token[] = []
  pattern.lastIndex = 0
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const at = pattern.lastIndex
    const groups = pattern.exec(text)?.groups
    if (groups === undefined) {
      const rest = text.slice(at).trim()
      throw failure(
        'RETINUE_MATH_SYNTAX',
        `'${String.fromCodePoint(rest.codePointAt(0)!)}' means nothing here.`,
        'Write numbers, units, + - * / ^ and ( ).',
      )
    }
    const { number, name, sign } = groups
    if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else tokens.push({ kind: 'sign', text: same[sign!] ?? sign! })
  }
  return [...tokens, { kind: 'end', text: 'the end' }]
}
