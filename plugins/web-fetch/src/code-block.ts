// Code as people see it. Its lines may be elements of their own, or end in a <br>; the text alone would have them run
// together.

/** Makes each block of code one text with its lines, as what turns it into Markdown expects it. */
export function plainCode(document: Document): void {
  for (const table of document.querySelectorAll('table')) unnumber(table)
  for (const pre of document.querySelectorAll('pre')) {
    if (pre.closest('td, th') !== null) continue // of a table that is none of code
    // What has links and is not said to be code may be a text that was set by hand: its links lead on.
    if (pre.querySelector('code') !== null || pre.querySelector('a[href]') === null) fill(pre, pre)
  }
  for (const code of document.querySelectorAll('code:has(br, pre)')) {
    if (code.closest('pre') === null) code.replaceWith(fill(document.createElement('pre'), code))
  }
}

/** Of a table that has the numbers of lines beside them, leaves the lines. */
function unnumber(table: Element): void {
  const [numbers, lines, more] = table.querySelectorAll('td')
  const code = lines?.querySelector('pre')
  if (more === undefined && code && /^[\d\s]*$/.test(numbers!.textContent)) table.replaceWith(code)
}

/** Gives a block the text of an element as its code. */
function fill(pre: Element, from: Element): Element {
  const pieces: string[] = []
  collect(from, pieces)
  const code = pre.ownerDocument.createElement('code')
  code.textContent = pieces.join('').replace(/^\n/, '')
  pre.replaceChildren(code)
  return pre
}

function collect(node: Node, pieces: string[]): void {
  for (const child of node.childNodes) {
    const { nodeName } = child
    if (child.nodeType === 3) pieces.push(child.nodeValue ?? '')
    else if (nodeName === 'BR') pieces.push('\n')
    else if (lines.has(nodeName)) {
      endLine(pieces)
      collect(child, pieces)
      endLine(pieces)
    } else if (!unread.has(nodeName)) collect(child, pieces)
  }
}

function endLine(pieces: string[]): void {
  const last = pieces.findLast((piece) => piece !== '')
  if (last !== undefined && !last.endsWith('\n')) pieces.push('\n')
}

/** What stands on lines of its own. */
const lines: ReadonlySet<string> = new Set(['DIV', 'P', 'LI', 'TR', 'PRE'])
/** What is no part of the code. */
const unread: ReadonlySet<string> = new Set(['BUTTON', 'SCRIPT', 'STYLE'])
