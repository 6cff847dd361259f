// A session's messages in the form that its provider takes, made once for each message and kept beside it: a step
// adds what is new, and the cost of what is old is one comparison a message. Edits of the history are seen by identity.
import type { ChatSession, Message } from '@retinue/kernel'
import { type FileStyle, type MessageForm, messageForm } from './message-form.ts'

/** Gives the forms of a session's messages behind those of `first`, as a new array. */
export function historyForms(
  session: ChatSession,
  files: FileStyle,
  first: readonly MessageForm[] = [],
): MessageForm[] {
  let history = histories.get(session)
  if (history === undefined || history.files !== files) histories.set(session, (history = new History(files)))
  return first.concat(history.forms(session.messages.items))
}

const histories = new WeakMap<ChatSession, History>()

class History {
  readonly files: FileStyle
  readonly #messages: Message[] = []
  readonly #forms: (MessageForm | undefined)[] = []
  /** Whether some message has nothing to send. */
  #gaps = false

  constructor(files: FileStyle) {
    this.files = files
  }

  /** The forms; the array is this history's own. */
  forms(messages: readonly Message[]): readonly MessageForm[] {
    const known = this.#messages
    const forms = this.#forms
    let i = 0
    while (i < known.length && known[i] === messages[i]) i++
    known.length = forms.length = i
    for (; i < messages.length; i++) {
      const form = messageForm(messages[i]!, this.files)
      known.push(messages[i]!)
      forms.push(form)
      this.#gaps ||= form === undefined
    }
    return this.#gaps ? forms.filter((form) => form !== undefined) : (forms as MessageForm[])
  }
}
