import { createOpenAI } from '@ai-sdk/openai'
import { type ChatSession, Context, defineTool, defineToolset, Section, Type } from '@retinue/kernel'
import { scriptedModel } from '@retinue/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { run, type RunOptions } from '../../src/index.ts'
import { aSession, register } from '../a-session.ts'
import { Loopback, streaming } from './loopback.ts'
import {
  anthropic,
  anthropicV3,
  openaiChat,
  openaiResponses,
  providers,
  type WireProvider,
} from './providers.ts'

class Notes extends Context('notes', { mood: Type.String({ default: 'calm' }) }) {}
class Rules extends Section('rules', {}, { stability: 'static', template: 'Always tell the truth.' }) {}
class Mood extends Section(
  'mood',
  {},
  { stability: 'session', needs: [Notes], template: 'The mood is <%= context.notes.mood %>.' },
) {}
class Hint extends Section(
  'hint',
  {},
  { stability: 'turn', needs: [Notes], template: 'Turn <%= now.getTime() %>.' },
) {}

const look = defineTool({ description: 'Looks.', input: Type.Object({}), execute: () => 'seen' })
const prompted = defineToolset('prompted', { needs: [Rules, Mood], tools: { prompted: look } })
const hinted = defineToolset('hinted', { needs: [Hint], tools: { hinted: look } })
const extra = defineToolset('extra', { tools: { extra: look } })

let server: Loopback
beforeAll(async () => {
  server = await Loopback.start()
})
afterEach(() => server.reset())
afterAll(() => server[Symbol.asyncDispose]())

function session(...tools: string[]): ChatSession {
  const here = aSession({ look })
  register(here, Notes, Rules, Mood, Hint, prompted, hinted, extra)
  here.agent!.tools.push(...tools)
  return here
}

/** Runs turns, one for each text, and gives what was sent. */
async function sent(
  here: ChatSession,
  provider: WireProvider,
  texts: readonly string[],
  options: RunOptions = {},
): Promise<string[]> {
  for (const text of texts) {
    server.answer(streaming(provider.answer))
    await run(here, text, { model: provider.model(server.url), ...options }).result
  }
  return server.requests.map(({ body }) => body)
}

interface Block {
  readonly text?: string
  readonly cache_control?: object
}
interface Body {
  readonly system?: readonly Block[]
  readonly tools: readonly ({ readonly name: string } & Block)[]
  readonly messages: readonly { readonly role: string; readonly content: readonly Block[] }[]
}

/** Where the marks of a request are: the text that they stand behind. */
function marksOf(body: string): string[] {
  const { system = [], tools, messages } = JSON.parse(body) as Body
  return [
    ...tools.filter(isMarked).map(({ name }) => `tool ${name}`),
    ...system.filter(isMarked).map(({ text }) => `system ${text}`),
    ...messages.flatMap(({ role, content }) => content.filter(isMarked).map(({ text }) => `${role} ${text}`)),
  ]
}

function isMarked({ cache_control }: Block): boolean {
  return cache_control !== undefined
}

describe.each(providers)('the requests of a session to $name', (provider) => {
  test('begin byte for byte like those before them (SPEC 45)', async () => {
    const bodies = await sent(session('prompted'), provider, ['One', 'Two', 'Three'])
    // The marks move along, and are no part of what is cached.
    const plain = bodies.map((body) => body.replaceAll(/,?"cache_control":\{[^}]*\}/g, ''))
    const [one, two, three] = plain.map((body) => {
      const { messages, input, contents, ...rest } = JSON.parse(body) as Record<string, unknown>
      return {
        rest: JSON.stringify(rest),
        conversation: JSON.stringify(messages ?? input ?? contents).slice(0, -1),
      }
    })
    expect(one!.rest).toContain('look')
    expect([two!.rest, three!.rest]).toEqual([one!.rest, one!.rest])
    expect(two!.conversation.startsWith(one!.conversation)).toBe(true)
    expect(three!.conversation.startsWith(two!.conversation)).toBe(true)
    // The text of the plan comes first, and what never changes is first in it.
    expect(plain[0]).toMatch(/Always tell the truth\..*The mood is calm\./)
  })
})

describe.each([anthropic, anthropicV3])('the marks in requests to $name', (provider) => {
  test('stand where what all share ends, where this session ends, and where the conversation ends (SPEC 45)', async () => {
    const bodies = await sent(session('prompted'), provider, ['One', 'Two'])
    const plan = ['system Always tell the truth.', 'system The mood is calm.']
    expect(bodies.map(marksOf)).toEqual([
      [...plan, 'user One'],
      [...plan, 'user One', 'user Two'],
    ])
    expect(bodies[0]).toContain('"cache_control":{"type":"ephemeral"}')
  })

  test('leave out a conversation behind text that changes with each turn (SPEC 45)', async () => {
    const bodies = await sent(session('prompted', 'hinted'), provider, ['One', 'Two'])
    expect(bodies.map(marksOf)).toEqual([
      ['system Always tell the truth.', 'system The mood is calm.'],
      ['system Always tell the truth.', 'system The mood is calm.'],
    ])
    const [one, two] = bodies.map((body) => (JSON.parse(body) as Body).system!)
    expect([one!.slice(0, 2), one!.length]).toEqual([two!.slice(0, 2), 3])
    expect(one![2]!.text).toMatch(/^Turn \d+\.$/)
  })

  test('follow the plan when the session changes: what all share is as it was (SPEC 45)', async () => {
    const here = session('prompted')
    const [before] = await sent(here, provider, ['One'])
    here.context.$set(Notes, { mood: 'merry' })
    const [, after] = await sent(here, provider, ['Two'])
    const [one, two] = [before!, after!].map((body) => (JSON.parse(body) as Body).system!)
    expect(two![0]).toEqual(one![0])
    expect(two![1]).toMatchObject({ text: 'The mood is merry.', cache_control: { type: 'ephemeral' } })
  })

  test('stand behind the tools of the session where an interaction adds its own (SPEC 45)', async () => {
    const here = session('prompted')
    const interaction = here.interact({ input: 'One' })
    interaction.tools.push('extra')
    server.answer(streaming(provider.answer))
    await run(interaction, 'One', { model: provider.model(server.url) }).result
    expect(marksOf(server.requests[0]!.body)).toEqual([
      'tool prompted',
      'system Always tell the truth.',
      'system The mood is calm.',
      'user One',
    ])
  })

  test('need no system text (SPEC 45)', async () => {
    expect((await sent(session(), provider, ['One', 'Two'])).map(marksOf)).toEqual([
      ['user One'],
      ['user One', 'user Two'],
    ])
  })

  test('can be kept for an hour, left out, and left to the provider (SPEC 45)', async () => {
    const own = { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } }
    const [hour] = await sent(session('prompted'), provider, ['One'], { promptCache: '1h' })
    expect(hour).toContain('"cache_control":{"type":"ephemeral","ttl":"1h"}')
    const [, none] = await sent(session('prompted'), provider, ['One'], { promptCache: false })
    expect(marksOf(none!)).toEqual([])
    const [, , provided] = await sent(session('prompted'), provider, ['One'], { settings: own })
    expect(marksOf(provided!)).toEqual([])
  })
})

test.each(['responses', 'chat'] as const)(
  'GPT from 5.6 on is told where the text ends that stays, and finds the end of the conversation itself: %s (SPEC 45)',
  async (api) => {
    const chat = api === 'chat'
    const toldTo = async (modelId: string, promptCache?: false): Promise<unknown[]> => {
      server.reset()
      const model = (url: string) => createOpenAI({ apiKey: 'not-a-key', baseURL: `${url}/v1` })[api](modelId)
      const provider = { ...(chat ? openaiChat : openaiResponses), model }
      const bodies = await sent(session('prompted', 'hinted'), provider, ['One', 'Two'], { promptCache })
      const { messages, input = messages } = JSON.parse(bodies[1]!) as Record<string, { content: unknown }[]>
      return input!.map(({ content }) => content)
    }
    const marked = (text: string) => [
      { type: chat ? 'text' : 'input_text', text, prompt_cache_breakpoint: { mode: 'explicit' } },
    ]
    const [all, own, turn, ...conversation] = await toldTo('gpt-6-luna')
    expect([all, own]).toEqual([marked('Always tell the truth.'), marked('The mood is calm.')])
    expect(turn).toMatch(/^Turn \d+\.$/)
    const others = [await toldTo('gpt-5.5'), await toldTo('gpt-6-luna', false)]
    const claude = await toldTo('claude-sonnet-5') // by OpenAI's protocol, as behind LiteLLM
    for (const plain of [conversation, ...others, claude])
      expect(JSON.stringify(plain)).not.toContain('prompt_cache')
  },
)

test.each([
  ['amazon-bedrock', ['tool', 'tool']],
  ['openrouter', ['user']],
])(
  'the marks in requests to Claude behind %s stand where it can be told them (SPEC 45)',
  async (provider, roles) => {
    const model = Object.assign(
      scriptedModel([
        { calls: [{ tool: 'kit_look' }, { tool: 'kit_look' }] },
        { calls: [{ tool: 'kit_look' }] },
        'Done.',
      ]),
      { provider, modelId: 'anthropic/claude' },
    )
    await run(session(), 'Look', { model }).result
    const marked = model.requests
      .at(-1)!
      .prompt.filter(({ role, providerOptions }) => role !== 'system' && providerOptions !== undefined)
    expect(marked.map(({ role }) => role)).toEqual(roles)
  },
)
