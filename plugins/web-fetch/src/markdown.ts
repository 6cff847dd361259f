// A web page as Markdown: what it is about, without menus, advertisements and scripts.
// @ts-expect-error the package says nothing of its types
import { gfm } from '@joplin/turndown-plugin-gfm'
import { Readability } from '@mozilla/readability'
import { parseHTML } from 'linkedom'
import TurndownService from 'turndown'
import { plainCode } from './code-block.ts'
import { formula, lowered, raised } from './formula.ts'
import { numberOf } from './list-number.ts'

/** A page as text. */
export interface PageText {
  readonly title: string
  readonly text: string
}

/** Turns a page into Markdown, unless it is nested too deeply; links become whole addresses. */
export function toMarkdown(html: string, url: string): PageText | undefined {
  const document = documentOf(html)
  if (depthOf(document) > maxDepth) return undefined
  for (const frame of document.querySelectorAll('frameset, frame')) frame.remove() // they would push all else out
  resolveLinks(document, url)
  fillRows(document)
  plainCode(document)
  const { title } = document // before it is taken apart
  const whole = document.body?.innerHTML ?? ''
  const article = articleOf(document)
  return {
    title: titleOf(article.title?.trim() || title),
    text: turndown.turndown(article.html || whole).trim(),
  }
}

/** HTML lets the tags of the root, of the head and of the body be left out; the parser builds nothing in their place. */
function documentOf(page: string): Document {
  const html = page.replaceAll(/<!doctype[^<>]*>/gi, '') // one in an odd place takes the root away
  const found = parseHTML(html).document
  const isWhole = found.documentElement?.localName === 'html'
  const document = isWhole ? found : parseHTML(`<html>${html}</html>`).document
  const root = document.documentElement
  const head = document.querySelector('head') ?? document.createElement('head')
  const body = document.querySelector('body') ?? document.createElement('body')
  const kept: ReadonlySet<Node> = new Set([root, head, body])
  // The parser leaves in the head what begins the body, and behind the root what comes after its end.
  for (const node of [head, root, document].flatMap(({ childNodes }) => [...childNodes])) {
    if (!kept.has(node)) (metadata.has(node.nodeName) ? head : body).append(node)
  }
  root.append(head, body)
  return document
}

/** What stands in a head. */
const metadata: ReadonlySet<string> = new Set([
  'TITLE',
  'META',
  'LINK',
  'BASE',
  'STYLE',
  'SCRIPT',
  'NOSCRIPT',
])

/** A title as one line, and no longer than one: it is kept with the session, and stands beside what `maxChars` limits. */
function titleOf(title: string): string {
  return title
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, maxTitleChars)
    .replace(/[\uD800-\uDBFF]$/, '')
}

const maxTitleChars = 300

/** What takes milliseconds at this depth takes minutes at a hundred times as much; pages of people stay below. */
const maxDepth = 300
const maxElements = 50_000

/** What the page is about, as far as that is found. */
function articleOf(document: Document): { readonly title?: string; readonly html?: string } {
  if (document.getElementsByTagName('*').length > maxElements) return {}
  const reader = new Readability(document, { serializer: (node) => node as Element })
  const { title, content } = reader.parse() ?? {}
  // Of a page that is a table, rows may be found without it: what is in their cells would run together.
  const cells = [...(content?.querySelectorAll('td, th') ?? [])]
  const isTorn = cells.some((cell) => cell.closest('table') === null)
  return { title: title ?? '', html: isTorn ? '' : (content?.innerHTML ?? '') }
}

function depthOf(root: Node): number {
  let deepest = 0
  let depth = 0
  for (let at: Node | null = root; at !== null;) {
    if (at.firstChild !== null) {
      at = at.firstChild
      deepest = Math.max(deepest, ++depth)
      continue
    }
    while (at !== null && at !== root && at.nextSibling === null) {
      at = at.parentNode
      depth--
    }
    at = at === root ? null : (at?.nextSibling ?? null)
  }
  return deepest
}

function resolveLinks(document: Document, url: string): void {
  const base = absolute(document.querySelector('base[href]')?.getAttribute('href') ?? '', url) ?? url
  for (const [selector, attribute] of [
    ['a[href]', 'href'],
    ['img[src]', 'src'],
  ] as const) {
    for (const element of document.querySelectorAll(selector)) {
      const address = absolute(element.getAttribute(attribute)!, base)
      if (address === undefined) element.removeAttribute(attribute)
      else element.setAttribute(attribute, address)
    }
  }
}

/**
 * Repeats what stands in a cell of several rows in each of them: in Markdown a cell has one row, and those behind it in the
 * next would move into its column.
 */
function fillRows(document: Document): void {
  let room = maxRepeatedCells
  for (const table of document.querySelectorAll('table')) {
    if (table.querySelector('table') !== null) continue // it lays the page out
    const tall = new Map<number, { readonly cell: Element; readonly lastRow: number }>() // by column
    for (const [index, row] of [...table.querySelectorAll('tr')].entries()) {
      const cells = [...row.querySelectorAll('td, th')]
      for (let column = 0, next = cells.shift(); ;) {
        const above = tall.get(column)
        if (above !== undefined && above.lastRow >= index && room-- > 0) {
          const copy = document.createElement(above.cell.localName)
          copy.textContent = (above.cell.textContent ?? '').slice(0, maxRepeatedChars)
          row.insertBefore(copy, next ?? null)
          column += span(above.cell, 'colspan')
        } else if (next === undefined) break
        else {
          tall.set(column, { cell: next, lastRow: index + span(next, 'rowspan') - 1 })
          column += span(next, 'colspan')
          next = cells.shift()
        }
      }
    }
  }
}

function span(cell: Element, attribute: 'colspan' | 'rowspan'): number {
  return Math.max(1, Number.parseInt(cell.getAttribute(attribute) ?? '', 10) || 1)
}

const maxRepeatedCells = 5000
const maxRepeatedChars = 200

/** A whole address of the web, or nothing: neither scripts nor data. */
function absolute(address: string, base: string): string | undefined {
  if (!URL.canParse(address, base)) return undefined
  const { href, protocol } = new URL(address, base)
  return ['http:', 'https:', 'mailto:'].includes(protocol) ? href : undefined
}

const turndown = new TurndownService({
  headingStyle: 'atx',
  codeBlockStyle: 'fenced',
  bulletListMarker: '-',
})
turndown.use(gfm as TurndownService.Plugin)
turndown.addRule('cell of a layout', {
  filter: (node) => /^T[DH]$/.test(node.nodeName) && isLayout(node.closest('table')),
  replacement: (content) => `\n\n${content}\n\n`,
})
turndown.addRule('power', {
  filter: 'sup',
  replacement: (content, node) => raised(content, node as Element),
})
turndown.addRule('index', {
  filter: 'sub',
  replacement: (content, node) => lowered(content, node as Element),
})
turndown.addRule('formula', {
  filter: (node) => node.nodeName.toLowerCase() === 'math',
  replacement: (_content, node) => `$${formula(node as Element)}$`,
})
turndown.addRule('numbered', {
  filter: (node) => node.nodeName === 'LI' && node.parentNode?.nodeName === 'OL',
  replacement(content, node) {
    const mark = `${numberOf(node as Element, node.parentNode as Element)}  `
    const text = content.replace(/^\n+/, '').replace(/\n+$/, '\n')
    return (
      mark + text.replaceAll('\n', `\n${' '.repeat(mark.length)}`) + (node.nextSibling === null ? '' : '\n')
    )
  },
})
turndown.remove(['script', 'style', 'noscript', 'iframe', 'template', 'object'])

/** Whether a table is none to gfm, by which its cells would run together: it holds others, or one cell alone. */
function isLayout(table: HTMLTableElement | null): boolean {
  if (table === null) return true
  let known = layouts.get(table)
  if (known !== undefined) return known
  // For each of its rows gfm asks for all of them, which would be looked for anew each time.
  Object.defineProperty(table, 'rows', { value: Array.from(table.rows) })
  const count = (name: string): number => table.getElementsByTagName(name).length
  layouts.set(table, (known = count('table') > 0 || count('td') + count('th') < 2))
  return known
}

const layouts = new WeakMap<Element, boolean>()
