// What a person who is asked is told of an answer that can't be taken.

/** Tells why a check refuses an answer, in its words without the code; nothing where it takes it. */
export function whyNot(check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace(/^\[\w+\] /, '')
  }
}
