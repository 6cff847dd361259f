// The numbers of lists as pages show them: from any number on, downward, or in letters, as laws have them.

/** What stands before an item of a numbered list: `5.`, `c.`, `iv.` */
export function numberOf(item: Element, list: Element): string {
  let numbers = known.get(list)
  if (numbers === undefined) known.set(list, (numbers = numbersOf(list)))
  return numbers.get(item) ?? '1.'
}

const known = new WeakMap<Element, ReadonlyMap<Element, string>>()

function numbersOf(list: Element): ReadonlyMap<Element, string> {
  const items = Array.from(list.children)
  const step = list.hasAttribute('reversed') ? -1 : 1
  const type = list.getAttribute('type') ?? ''
  let number = whole(list, 'start') ?? (step < 0 ? items.length : 1)
  return new Map(
    items.map((item) => {
      number = whole(item, 'value') ?? number
      const text = `${written(number, type)}.`
      number += step
      return [item, text]
    }),
  )
}

function whole(element: Element, attribute: string): number | undefined {
  const text = element.getAttribute(attribute) ?? ''
  return /^\s*-?\d{1,9}\s*$/.test(text) ? Number(text) : undefined
}

/** A number as its list has them: in letters, in Roman ones, or in digits. */
function written(number: number, type: string): string {
  const inLetters = { a: letters, i: roman }[type.toLowerCase()]
  if (inLetters === undefined || number < 1 || number > 3999) return String(number)
  const text = inLetters(number)
  return type === type.toLowerCase() ? text : text.toUpperCase()
}

function letters(number: number): string {
  const rest = Math.floor((number - 1) / 26)
  return (rest === 0 ? '' : letters(rest)) + String.fromCharCode(97 + ((number - 1) % 26))
}

function roman(number: number): string {
  let left = number
  let text = ''
  for (const [sign, value] of signs) for (; left >= value; left -= value) text += sign
  return text
}

const signs = [
  ['m', 1000],
  ['cm', 900],
  ['d', 500],
  ['cd', 400],
  ['c', 100],
  ['xc', 90],
  ['l', 50],
  ['xl', 40],
  ['x', 10],
  ['ix', 9],
  ['v', 5],
  ['iv', 4],
  ['i', 1],
] as const
