// Formulas in a line of text. What is raised or lowered, or one above the other, stands side by side in the text alone,
// where it is another number: 10<sup>6</sup> is not 106, and <mfrac><mn>1</mn><mn>2</mn></mfrac> not 12.

/** What is raised: a power, the top of a fraction, or nothing but a note, or an ending as in 5th. */
export function raised(content: string, element: Element): string {
  const text = element.textContent.trim()
  if (
    /^\s*[/⁄∕]\s*$/.test(element.nextSibling?.nodeValue ?? '') &&
    element.nextElementSibling?.nodeName === 'SUB'
  )
    return /\d\s*$/.test(textBefore(element)) ? ` ${text}` : text // 1 1/2
  const isPower =
    !/^\[|\p{L}{2}|^[^\p{L}\p{N}]*$/u.test(text) && element.getElementsByTagName('a').length === 0
  return isPower ? `^${grouped(text)}` : content
}

/** What is lowered: a base or an index where it would run into what is beside it, and else as in H2O. */
export function lowered(content: string, element: Element): string {
  const text = element.textContent.trim()
  const after = /^\d/.test(element.nextSibling?.nodeValue ?? '') ? ' ' : ''
  const isTorn = /^\d+$/.test(text) ? after !== '' || /\d$/.test(textBefore(element)) : /\S[-+−]\S/.test(text)
  return isTorn ? `_${grouped(text)}${after}` : content
}

/** A formula as its author wrote it, where the page has that beside how it looks; else in signs. */
export function formula(math: Element): string {
  const written = math.getAttribute('alttext') ?? math.querySelector('annotation')?.textContent ?? ''
  return written.trim() || inSigns(math).trim()
}

function inSigns(element: Element): string {
  const parts = Array.from(element.children, inSigns)
  const [first = '', second = '', third = ''] = parts
  switch (element.localName.toLowerCase()) {
    case 'mfrac':
      return `(${grouped(first)}/${grouped(second)})`
    case 'msup':
      return `${grouped(first)}^${grouped(second)}`
    case 'msub':
    case 'munder':
      return `${first}_${grouped(second)}`
    case 'msubsup':
    case 'munderover':
      return `${first}_${grouped(second)}^${grouped(third)} `
    case 'msqrt':
      return `sqrt(${parts.join('')})`
    case 'mroot':
      return `${grouped(first)}^(1/${grouped(second)})`
    case 'mfenced':
    case 'mtr':
      return `(${parts.join(', ')})`
    default:
      return parts.length > 0 ? parts.join('') : element.textContent
  }
}

/** A text that stands for one thing, in parentheses where it would be more. */
function grouped(text: string): string {
  return /^(?:[-+−]?(?:[\d.,]+|\p{L})|\([^()]*\))$/u.test(text) ? text : `(${text})`
}

/** What stands before an element in its line. */
function textBefore(element: Element): string {
  let at: Node | null = element
  while (at !== null && at.previousSibling === null && at.parentNode?.nodeName === 'SPAN') at = at.parentNode
  return at?.previousSibling?.textContent ?? ''
}
