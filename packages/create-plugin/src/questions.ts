// What the command asks a person who has not said it.
import { isCancel, multiselect, settings, text } from '@clack/prompts'
import { whyNot } from 'create-retinue'
import { parts, type Part } from './part.ts'
import { placeOf, type Place } from './place.ts'

// Ctrl-D: only the keyboard is let go, and nobody answers.
settings.aliases.set('\u0004', 'cancel')

/** What a plugin contributes where nobody says. */
export const usualParts: readonly Part[] = ['tool', 'context', 'section', 'config']

/** Asks what it is called; nothing where the person leaves. */
export async function askPlace(): Promise<Place | undefined> {
  const placeholder = 'unit-conversion'
  const validate = (written = '') => whyNot(() => placeOf(written))
  const name = await text({ message: 'What is it called?', placeholder, validate })
  return isCancel(name) ? undefined : placeOf(name)
}

/** Asks what it contributes; nothing where the person leaves. */
export async function askParts(): Promise<readonly Part[] | undefined> {
  const wanted = await multiselect({
    message: 'What does it contribute?',
    options: parts.map((value) => ({ value, label: value, hint: hints[value] })),
    initialValues: [...usualParts],
  })
  return isCancel(wanted) ? undefined : wanted
}

const hints: Readonly<Record<Part, string>> = {
  tool: 'something that the model can do',
  context: 'something that a session remembers',
  section: 'something that the model is told',
  config: 'something that people can set',
  agent: 'a function that makes an agent with all of it',
}
