// Dice as players write them: 2d6+3, d20, d%, 4d6kh3 (of which the three highest are kept), 2d20kl1.
import { type Source, whole } from './draw.ts'
import { failure } from './errors.ts'

/** The most dice of one roll, and the most sides of a die. */
const maxDice = 1000
const maxSides = 1_000_000_000

const term =
  /\s*(?<sign>[+-])?\s*(?:(?<count>\d{0,9})d(?<sides>\d{1,10}|%)(?:k(?<end>[hl])(?<kept>\d{1,9}))?|(?<number>\d{1,15}))\s*/iy

/** Rolls dice, and tells each of them: `4d6kh3: 5, 3, (1), 6 = 14`; those in parentheses do not count. @throws {RETINUE_RANDOM_DICE} */
export function roll(source: Source, notation: string): string {
  const terms = termsOf(notation)
  let total = 0
  const shown = terms.map(({ text, sign, number, count, sides, end, kept }) => {
    if (number !== undefined) {
      total += sign * number
      return `${sign < 0 ? '-' : '+'}${number}`
    }
    const dice = Array.from({ length: count }, () => whole(source, 1, sides))
    const counting = keptOf(dice, end, kept)
    total += sign * dice.reduce((sum, die, i) => (counting.has(i) ? sum + die : sum), 0)
    return `${sign < 0 ? '-' : ''}${text}: ${dice.map((die, i) => (counting.has(i) ? die : `(${die})`)).join(', ')}`
  })
  return `${shown.join('; ')} = ${total}`
}

interface Term {
  readonly text: string
  readonly sign: 1 | -1
  readonly number: number | undefined
  readonly count: number
  readonly sides: number
  readonly end: string | undefined
  readonly kept: number
}

function termsOf(notation: string): Term[] {
  const terms: Term[] = []
  term.lastIndex = 0
  while (term.lastIndex < notation.length) {
    const groups = term.exec(notation)?.groups
    if (groups === undefined || (terms.length > 0 && groups['sign'] === undefined)) throw noDice(notation)
    const { sign, count, sides, end, kept, number } = groups
    const dice = count === '' || count === undefined ? 1 : Number(count)
    terms.push({
      text:
        sides === undefined
          ? ''
          : `${dice}d${sides}${end === undefined ? '' : `k${end.toLowerCase()}${kept}`}`,
      sign: sign === '-' ? -1 : 1,
      number: number === undefined ? undefined : Number(number),
      count: dice,
      sides: sides === '%' ? 100 : Number(sides ?? 0),
      end: end?.toLowerCase(),
      kept: kept === undefined ? dice : Number(kept),
    })
  }
  const dice = terms.filter(({ number }) => number === undefined)
  if (dice.length === 0 || dice.some(({ count, sides }) => count === 0 || sides === 0)) throw noDice(notation)
  const all = dice.reduce((sum, { count }) => sum + count, 0)
  if (all <= maxDice && dice.every(({ sides }) => sides <= maxSides)) return terms
  throw failure(
    'RETINUE_RANDOM_DICE',
    `'${notation}' is too much: a roll has at most ${maxDice} dice of ${maxSides} sides.`,
    'Roll fewer.',
  )
}

/** The places of the dice that count: the highest, the lowest, or all. */
function keptOf(dice: readonly number[], end: string | undefined, kept: number): ReadonlySet<number> {
  const sign = end === 'l' ? 1 : -1
  const order = dice.map((_, i) => i).sort((a, b) => sign * (dice[a]! - dice[b]!))
  return new Set(order.slice(0, kept))
}

function noDice(notation: string): Error {
  return failure(
    'RETINUE_RANDOM_DICE',
    `'${notation}' is no notation of dice.`,
    "Write '2d6+3', 'd20', 'd%', or '4d6kh3' to keep the three highest ('kl' for the lowest).",
  )
}
