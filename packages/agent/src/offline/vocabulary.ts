// Words as the offline model compares them: without their endings, and those that mean one thing under one name, so
// that a message that says "mention" meets a tool that says "search". English only; other words meet by spelling.

/** Concepts, each with the words that stand for it. */
const concepts: Readonly<Record<string, string>> = {
  search: 'search find grep look locate mention contain occur match where seek',
  read: 'read show open view display print cat say content quote explain describe summarise summarize',
  list: 'list ls tree enumerate',
  folder: 'folder directory dir project repository repo codebase',
  write: 'write create make save put set generate',
  edit: 'edit change replace update modify fix patch substitute',
  delete: 'delete remove erase drop clear reset cancel',
  move: 'move copy rename',
  send: 'send post publish email notify reply',
  run: 'run execute exec shell bash eval',
  pay: 'buy pay purchase',
  add: 'add append insert plus sum',
  remember: 'remember memorise memorize',
  fetch: 'fetch download url website webpage page',
  web: 'web internet online',
  time: 'time clock date today',
  think: 'think reason reflect',
  plan: 'plan todo task',
  calculate: 'calculate calculator calculation compute evaluate arithmetic math expression formula',
}

/** Concepts of what changes something: such a tool is called only when it is plainly asked for. */
const changing = new Set(['write', 'edit', 'delete', 'move', 'send', 'run', 'pay', 'add', 'remember'])

const stopWords = new Set(
  `a an the of in on at to for from by with and or but is are was were be been do does did has have had it its this that
  these those there here me my we our you your i us please can could would will shall should may might must what which
  who whom whose how why when if so not no any all some more most also just now then than into as up out let lets want
  like need tell give get got`.split(/\s+/),
)

const conceptByStem = new Map(
  Object.entries(concepts).flatMap(([concept, words]) =>
    words.split(' ').map((word) => [stem(word), concept]),
  ),
)

/** Ways to ask that name no verb, each with the concept that it means. */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/\bwhat(?:'s| is| are)(?: there)? (?:in|inside|here)\b/i, 'list'],
  [/\b(?:what|which) (?:files|folders) (?:are|do|does|exist)\b/i, 'list'],
  [/\bfiles? (?:about|on|with)\b/i, 'search'],
  [/\byou (?:still )?remember\b/i, 'recall'],
  [/\d\)?\s*[+*×÷^]\s*[(-]*\d|\d\)?\s+[-/]\s+[(-]*\d/, 'calculate'],
  [/\d\)?\s*\+\s*[(-]*\d/, 'add'],
  [/\d\s*(?:[*×]|times\b)\s*\d/i, 'multiply'],
  [/\d\s+(?:-|minus)\s+\d/i, 'subtract'],
  [/\d\s*(?:÷|\s\/\s|divided by\b)\s*\d/i, 'divide'],
]

/** Splits text into lower-case words; `webSearch` and `web_search` are two words each. */
export function wordsOf(text: string): string[] {
  const parted = text.replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2').toLowerCase()
  return parted.match(/[\p{L}\p{N}]+/gu) ?? []
}

/** Gives the name under which a word is compared. */
export function keyword(word: string): string {
  const stemmed = stem(word)
  return conceptByStem.get(stemmed) ?? stemmed
}

/** Gives the words of a text that carry meaning, under the names by which they are compared. */
export function keywordsOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => !stopWords.has(word))
    .map(keyword)
}

/** The concepts that a text asks for without naming them. */
export function impliedConcepts(text: string): string[] {
  return phrases.flatMap(([pattern, concept]) => (pattern.test(text) ? [concept] : []))
}

/** Tells whether a word is of a concept. */
export function isConcept(name: string): boolean {
  return Object.hasOwn(concepts, name)
}

/** Tells whether a concept changes something. */
export function isChanging(concept: string): boolean {
  return changing.has(concept)
}

function stem(word: string): string {
  if (word.length <= 3) return word
  const bare = word
    .replace(/ies$/, 'y')
    .replace(/(ss|x|z|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1')
    .replace(/(..)(ing|ed)$/, '$1')
    .replace(/(..)([bdgmnprt])\2$/, '$1$2')
  return bare.length > 3 ? bare.replace(/e$/, '') : bare
}
