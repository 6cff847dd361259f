// What the types promise to whoever imports the package.
import type { AgentConfig, ChatSession, ChatUser, InteractionContext } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { Tone } from './a-session.ts'

declare const session: ChatSession
declare const agent: AgentConfig
declare const turn: InteractionContext
declare const user: ChatUser

test('machines hang on agents, sessions and interactions, typed by dot access and by class', () => {
  session.machines.tone satisfies Tone
  agent.machines.$get(Tone) satisfies Tone
  turn.machines.details.isOpen satisfies boolean
  // @ts-expect-error users have no machines
  void user.machines
  // @ts-expect-error there is no such machine
  void session.machines.mood
})

test('states, data and triggers are those of the XState machine', () => {
  session.machines.tone.state = 'calm'
  session.machines.tone.state = { upset: 'very' }
  session.machines.tone.data.complaints satisfies number
  session.machines.tone.send('complain')
  session.machines.tone.send({ type: 'apologise', well: true })
  session.on('machineAdded', ({ type }) => type satisfies string)
  // @ts-expect-error there is no such state
  session.machines.tone.state = 'furious'
  // @ts-expect-error there is no such trigger
  session.machines.tone.send('shout')
  // @ts-expect-error data is changed by the machine alone, and as a whole
  session.machines.tone.data.complaints = 2
})
