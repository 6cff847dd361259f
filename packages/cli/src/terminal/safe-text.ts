// Text from models, tools, files and stores on its way to a terminal: what could move the cursor, change the terminal,
// turn the direction of writing or hide is shown by name instead. Each character is judged alone, so that nothing gets
// through in pieces; only a surrogate pair that was cut in two waits for its other half.

/** Makes a whole text harmless. Line feeds and tabs stay; carriage returns go. */
export function safeText(text: string): string {
  return text.replaceAll('\r', '').replace(harmful, name)
}

/** Makes a text harmless and puts it on one line. */
export function safeLine(text: string): string {
  return safeText(text).replace(/\s+/g, ' ').trim()
}

/** Writes a value as one line of JSON that is as harmless as its text: what was named above is escaped here. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(harmful, (character) =>
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** Makes a text harmless that comes in pieces. */
export class SafeStream {
  #held = ''

  /** Gives what can be shown so far. */
  push(delta: string): string {
    const text = this.#held + delta
    const isCut = highSurrogate.test(text)
    this.#held = isCut ? text.slice(-1) : ''
    return safeText(isCut ? text.slice(0, -1) : text)
  }

  /** Gives what was held back. */
  end(): string {
    const held = this.#held
    this.#held = ''
    return safeText(held)
  }
}

const highSurrogate = /[\uD800-\uDBFF]$/

// Joiners and emoji variation selectors are ignorable by name and yet part of words and pictures; a soft hyphen is
// harmless. Everything else that terminals obey, and whatever they show as nothing, is named.
const harmful =
  /(?!\n|\t|\u00AD|\u200C|\u200D|[\uFE00-\uFE0F])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu

function name(character: string): string {
  const code = character.codePointAt(0)!
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '\u2421'
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}
