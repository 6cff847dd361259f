// What a site's robots.txt asks of this machine, and whether that lets it read a page. Anybody may have written it: it is
// gone through once, however many machines and rules it names, and a rule is held against an address from its beginning to
// its end.
// @see https://www.rfc-editor.org/rfc/rfc9309

/** Which paths it is about, with `*` for anything in them and `$` for their end, and whether they may be read. */
export interface Rule {
  readonly pattern: string
  readonly isAllowed: boolean
}

/** The rules for a machine, whose name is in lower case: those that name it, else those for all. */
export function rulesFor(machine: string, text: string): readonly Rule[] {
  const forMachine: Rule[] = []
  const forAll: Rule[] = []
  let isNamed = false
  let group = new Set<Rule[]>()
  let isHead = false // machines are named, and their rules come below
  for (const line of text.split(/[\r\n]+/)) {
    const [field, value] = fieldOf(line)
    if (field === 'user-agent') {
      if (!isHead) group = new Set()
      isHead = true
      if (/^\*(?:\s|$)/.test(value)) group.add(forAll)
      if (/^[a-z_-]*/i.exec(value)![0].toLowerCase() !== machine) continue
      group.add(forMachine)
      isNamed = true
    } else if (field === 'allow' || field === 'disallow') {
      isHead = false
      if (value === '') continue
      const rule = { pattern: spelled(value), isAllowed: field === 'allow' }
      for (const rules of group) rules.push(rule)
    }
  }
  return isNamed ? forMachine : forAll
}

/** Whether a page may be read: the longest rule that fits it says so, and of two that are as long the one that allows. */
export function isAllowed(rules: readonly Rule[], { pathname, search }: URL): boolean {
  const path = spelled(pathname + search)
  let said: Rule | undefined
  for (const rule of rules) {
    const more = rule.pattern.length - (said?.pattern.length ?? -1)
    if ((more > 0 || (more === 0 && rule.isAllowed)) && fits(rule.pattern, path)) said = rule
  }
  return said?.isAllowed ?? true
}

/** A line without its remark, as what it is about and what it says of that. */
function fieldOf(line: string): [field: string, value: string] {
  const [said = ''] = line.split('#', 1)
  const at = said.indexOf(':')
  return at < 0 ? ['', ''] : [said.slice(0, at).trim().toLowerCase(), said.slice(at + 1).trim()]
}

/** A path in one spelling: what is no ASCII is written as bytes, and these in upper case. */
function spelled(path: string): string {
  if (/^[\w./-]*$/.test(path)) return path
  return encodeURI(path)
    .replaceAll('%25', '%')
    .replaceAll(/%[\da-f]{2}/gi, (byte) => byte.toUpperCase())
}

function fits(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith('$')
  const [first = '', ...others] = (isWhole ? pattern.slice(0, -1) : pattern).split('*')
  if (!path.startsWith(first)) return false
  const last = isWhole ? others.pop() : ''
  if (last === undefined) return path === first
  let at = first.length
  for (const part of others) {
    const found = path.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return path.endsWith(last) && path.length - last.length >= at
}
