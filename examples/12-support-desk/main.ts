// A support desk whose tone follows a state machine, and whose goodwill is open for two turns, over a restart.
import { run } from '@retinue/agent'
import * as kernel from '@retinue/kernel'
import { defineMachine, defineToggle, endTurn, triggerTool, whileIn } from '@retinue/plugin-machines'
import { type ScriptedAnswer, scriptedModel, type ScriptedRequest } from '@retinue/testing'
import { createMachine } from 'xstate'

const { AgentConfig, ChatSession, ChatUser, definePlugin, defineToolset, register, Section } = kernel

const upset = { initial: 'cross', states: { cross: { on: { complain: 'furious' } }, furious: {} } }
const chart = createMachine({
  initial: 'calm',
  states: { calm: { on: { complain: 'upset' } }, upset: { ...upset, on: { thank: 'calm' } } },
})
class Tone extends defineMachine('tone', chart) {}
class Goodwill extends defineToggle('goodwill') {}

const sorry = whileIn(Tone, 'upset', 'First say that you are sorry.')
class SorrySection extends Section('sorry', {}, { needs: [Tone], template: sorry }) {}
const person = whileIn(Tone, 'upset.furious', 'Offer that a person calls.')
class PersonSection extends Section('person', {}, { needs: [Tone], template: person }) {}
const refund = whileIn(Goodwill, 'open', 'You may refund the postage.')
class RefundSection extends Section('refund', {}, { needs: [Goodwill], template: refund }) {}

const feel = triggerTool(Tone, { description: 'Notes a change of mood.', triggers: ['complain', 'thank'] })
const sections = [SorrySection, PersonSection, RefundSection]
const desk = defineToolset('desk', { needs: sections, tools: { feel } })
register(definePlugin({ name: 'desk', version: '1.0.0', contributes: [Tone, Goodwill, ...sections, desk] }))

const user = new ChatUser({ id: 'ada' })
const agent = new AgentConfig({ name: 'support', instructions: 'You help customers.', tools: ['desk'] })
let session = new ChatSession({ user, agent })

/** Runs a turn with a model that says what is written for it, and shows what it was told in each step. */
async function turn(input: string, ...script: ScriptedAnswer[]): Promise<void> {
  console.log(`# ${input}`)
  const steps = script.map((answer) => ({ prompt: [system] }: ScriptedRequest) => {
    console.log(`[told: ${system?.role === 'system' && system.content.replaceAll(/\s+/g, ' ')}]`)
    return answer
  })
  const { text } = await run(session, input, { model: scriptedModel(steps) }).result
  console.log(`${text}\n`)
  endTurn(session)
}
const felt = (trigger: string): ScriptedAnswer => ({ calls: [{ tool: 'desk_feel', input: { trigger } }] })

await turn('Where is my parcel?', { text: 'Let me see.' })
await turn('It is late again!', felt('complain'), { text: 'I am sorry. It comes on Monday.' })
session.machines.$get(Goodwill).open({ turns: 2 }) // the application's to give, and not the model's

console.log('# After a restart')
const saved = JSON.stringify(session)
session.close()
session = ChatSession.restore(saved, { user, agent }).session
const [tone, goodwill] = [session.machines.$get(Tone), session.machines.$get(Goodwill)]
console.log(`${tone.active.at(-1)}, and goodwill for ${goodwill.data.turnsLeft} turns\n`)

await turn('Monday? Enough!', felt('complain'), { text: 'I am sorry. A person could call you.' })
await turn('Yes, and the postage?', { text: 'I am sorry. You have it back.' })
await turn('Thank you.', felt('thank'), { text: 'You are welcome.' })
