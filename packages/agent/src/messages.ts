// Where a run takes place and keeps its messages: a session; or an interaction within one, whose messages are gone when
// it is.
import { type ChatSession, type InteractionContext, type Message, ObservableList } from '@retinue/kernel'
import { Attachment } from './attachment.ts'

/** What can be run. */
export type Place = ChatSession | InteractionContext

/** The messages of a conversation. */
export type Messages = ObservableList<Message>

/** The session that a place is, or is in. */
export function sessionOf(place: Place): ChatSession {
  return 'messages' in place ? place : place.session
}

/** Gives the messages of a place. */
export function messagesOf(place: Place): Messages {
  if ('messages' in place) return place.messages
  return ofInteractions.get(place) ?? ofInteractions.set(place, new ObservableList<Message>())
}

const ofInteractions = new Attachment<InteractionContext, Messages>()
