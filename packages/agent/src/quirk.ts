// Quirks: what a server or a model takes, refuses or does in a way of its own, although all of them speak one interface.
// Each stands here with those it is known of, by their names as `provider/model`; what it means for a request is said by
// whoever asks.

const known = {
  /** Refuses that the user goes on without an answer in between, as after a run that was stopped. */
  alternates: /stral|gemma|sonar|bedrock.*llama/,
  /** Refuses a message of files alone. */
  wantsWords: /bedrock|cohere|ollama/,
  /**
   * Takes any thought, and refuses a call without one; DeepSeek also a text without, where there are tools. Groq and Ollama
   * serve some of these, and take no thoughts of others, nor do packages that speak OpenAI's Responses: they warn of each, or
   * send it as a text.
   * @see https://api-docs.deepseek.com/guides/thinking_mode
   */
  wantsThoughts: /^(?!groq|ollama|[^/]*\.responses).*(deepseek|kimi|mimo)/i,
  /** Gives thoughts without a signature, and takes an empty one, behind Claude's protocol, whose package drops those without. */
  givesUnsigned: /^anthropic(?!.*claude)|^[^./]*\/.*(deepseek|kimi|mimo)/i,
  /** Is sent a thought by its package only where that has details of it in its own form. */
  wantsDetails: /^openrouter.*(deepseek|kimi|mimo)/i,
  /**
   * Refuses a call of this turn without a signature, but for the word that says it has none.
   * @see https://ai.google.dev/gemini-api/docs/thought-signatures
   */
  wantsSignatures: /gemini-([3-9]|[a-z-]+-latest)/,
  /** Refuses ids of calls that hold more than letters, digits, `_` and `-`, and all tools for such a field of an input. */
  wantsPlainNames: /anthropic|bedrock|claude/,
  /** Takes ids of calls of nine letters and digits alone. */
  wantsShortIds: /stral/,
  /** Has text alone in results, as protocols of OpenAI's kind: a picture would be sent as a million tokens of base64. */
  hasTextResults: /^(?!google|openrouter)[^/]*\.(chat|deepseek)\/|ollama/,
  /**
   * Refuses a request that holds a thought of its own and another prompt, tool or message before it than it was thought
   * with, as soon as a section, a tool or a summary comes or goes, unless it is told to leave such thoughts out.
   * @see https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
   */
  bindsThoughts: /^anthropic\b.*claude-[a-z]+-(5-[1-9](?!\d)|[6-9])/,
  /** Thinks however little it is told to, and binds these thoughts, too. */
  alwaysThinks: /claude-(fable|opus-5-[5-9])/,
  /** Keeps a prefix of a request only where it is told that one ends. */
  wantsMarks: /anthropic|claude/i,
  /**
   * Keeps a request up to the end of its conversation by itself, and no prefix of that which it is not told of: with a text
   * before the conversation that changes, all of it is paid for anew.
   * @see https://developers.openai.com/api/docs/guides/prompt-caching
   */
  keepsEndAlone: /^openai\.(responses|chat)\/gpt-(5\.([6-9]|\d\d)|[6-9])/,
  /** Looks for such a mark in the user's words alone: its package marks each result of a message, where it does not look. */
  marksWordsAlone: /^openrouter/,
  /** Knows no choice of no tool: its package takes the tools away for it, and with them all calls and results. */
  takesToolsAway: /^amazon/,
  /** Sees to the format of an answer by itself; most servers that speak the protocol of another do not. */
  takesFormat: /^[^/]*\b(openai|azure|anthropic|google)\./,
  /** Refuses a format beside tools, whoever serves it. */
  refusesFormatBesideTools: /gemini-[12]/,
  /** Is asked to be strict about a format in any case, for which it refuses most schemas. */
  isStrict: /^openrouter/,
} satisfies Readonly<Record<string, RegExp>>

type Quirk = keyof typeof known

const all = Object.keys(known) as Quirk[]

/** Whether a quirk is known of the model of a name. */
export function hasQuirk(model: string, quirk: Quirk): boolean {
  if (last.model !== model) last = { model, quirks: new Set(all.filter((each) => known[each].test(model))) }
  return last.quirks.has(quirk)
}

/** What was found of the model that was asked about last: a step asks a dozen times. */
let last: { readonly model: string; readonly quirks: ReadonlySet<Quirk> } = { model: '', quirks: new Set() }
