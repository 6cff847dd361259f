import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { defineTool, type Tool, Type } from '@retinue/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offlineModel, run } from '../../src/index.ts'
import { aSession, eventsOf, historyOf, typesOf } from '../a-session.ts'

const { String: text, Optional: optional, Integer: integer, Boolean: boolean } = Type

/** Tools as those of the workspace plugin are described, and others as plugins may describe them. */
const definitions: Record<
  string,
  [description: string, properties: Record<string, ReturnType<typeof optional>>]
> = {
  workspace_list: [
    'Lists a folder: the names in it, with the sizes of files.',
    { path: optional(text()), offset: optional(integer()), limit: optional(integer()) },
  ],
  workspace_read: [
    'Reads a text file, with line numbers. A long file comes page by page.',
    { path: text(), offset: optional(integer()), limit: optional(integer()) } as never,
  ],
  workspace_search: [
    'Finds files by glob, or lines by text in the files that fit the glob.',
    {
      text: optional(text()),
      regex: optional(boolean()),
      ignoreCase: optional(boolean()),
      glob: optional(text()),
      path: optional(text()),
      offset: optional(integer()),
      limit: optional(integer()),
    },
  ],
  workspace_write: [
    'Writes a whole text file: a new one, with the folders above it, or over what was there.',
    { path: text(), text: text() } as never,
  ],
  workspace_edit: [
    'Replaces a passage of a text file that stands there exactly once, or all places of it.',
    { path: text(), old: text(), new: text(), all: optional(boolean()) } as never,
  ],
  web_search: ['Searches the web.', { query: text(), maxResults: optional(integer()) } as never],
  web_fetch: ['Fetches a web page as text.', { url: text() } as never],
  planning_add: ['Adds a task to the plan.', { title: text() } as never],
  planning_list: ['Lists the tasks of the plan.', {}],
  memory_remember: ['Remembers a fact about the user.', { text: text() } as never],
  memory_recall: ['Finds what is remembered about a topic.', { query: text() } as never],
  clock_now: ['Tells the current date and time.', { timezone: optional(text()) }],
  calculator_add: ['Adds two numbers.', { a: Type.Number(), b: Type.Number() } as never],
  issue_create: [
    'Creates an issue.',
    { title: text(), priority: optional(Type.Union([Type.Literal('low'), Type.Literal('high')])) } as never,
  ],
  issue_delete: ['Deletes an issue for good.', { id: integer() } as never],
  mail_send: ['Sends an e-mail.', { to: text(), subject: text(), body: text() } as never],
}
const changing = [
  'workspace_write',
  'workspace_edit',
  'planning_add',
  'memory_remember',
  'issue_create',
  'issue_delete',
  'mail_send',
]

type Tools = NonNullable<LanguageModelV4CallOptions['tools']>
const all: Tools = Object.entries(definitions).map(([name, [description, properties]]) => ({
  type: 'function',
  name,
  description,
  inputSchema: Type.Object(properties) as never,
}))
const workspace = all.filter(({ name }) => name.startsWith('workspace_'))

async function generate(message: string, tools: Tools, more: Partial<LanguageModelV4CallOptions> = {}) {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: message }] }]
  const { content } = await offlineModel().doGenerate({ prompt, tools, ...more })
  return content
}

/** The calls that a message leads to, each as `name {…}`. */
async function callsFor(
  message: string,
  tools: Tools,
  more: Partial<LanguageModelV4CallOptions> = {},
): Promise<string[]> {
  const content = await generate(message, tools, more)
  return content.flatMap((part) => (part.type === 'tool-call' ? [`${part.toolName} ${part.input}`] : []))
}

describe('the offline model picks the tool that a message asks for', () => {
  test.each([
    ["Which files here mention 'ChatSession'?", 'workspace_search {"text":"ChatSession"}'],
    ['Which files mention ChatSession?', 'workspace_search {"text":"ChatSession"}'],
    ['Which files mention a license?', 'workspace_search {"text":"license"}'],
    ['Does the readme mention a license?', 'workspace_search {"text":"license","path":"README.md"}'],
    [
      'Which TypeScript files in src mention "createRegistry"?',
      'workspace_search {"text":"createRegistry","glob":"*.ts","path":"src"}',
    ],
    ['Where is `ChatSession` defined?', 'workspace_search {"text":"ChatSession"}'],
    ['Find all *.ts files', 'workspace_search {"glob":"*.ts"}'],
    ['find README.md', 'workspace_search {"glob":"**/README.md"}'],
    ["Which files mention 'session.ts'?", 'workspace_search {"text":"session.ts"}'],
    ['Is there a file about sessions?', 'workspace_search {"text":"sessions"}'],
    ['search for MAX_SIZE', 'workspace_search {"text":"MAX_SIZE"}'],
    ['Does CONTRIBUTING.md mention tests?', 'workspace_search {"text":"tests","path":"CONTRIBUTING.md"}'],
    ['What does README.md say?', 'workspace_read {"path":"README.md"}'],
    ['What does the readme say?', 'workspace_read {"path":"README.md"}'],
    ['What is this project?', 'workspace_read {"path":"README.md"}'],
    ["'docs/a.md'", 'workspace_read {"path":"docs/a.md"}'],
    ['Explain docs/architecture.md', 'workspace_read {"path":"docs/architecture.md"}'],
    ['Show me lines 10 to 20 of README.md', 'workspace_read {"path":"README.md","offset":10,"limit":11}'],
    ['Show the first 5 lines of package.json', 'workspace_read {"path":"package.json","offset":1,"limit":5}'],
    ['Read a.md and b.md', 'workspace_read {"path":"a.md"}', 'workspace_read {"path":"b.md"}'],
    ['List the files in src', 'workspace_list {"path":"src"}'],
    ['ls src/', 'workspace_list {"path":"src"}'],
    ['Find all TypeScript files', 'workspace_search {"glob":"*.ts"}'],
    ['grep license in docs', 'workspace_search {"text":"license","path":"docs"}'],
    ["What's in this folder?", 'workspace_list {}'],
    ['List the files and then read README.md', 'workspace_list {}', 'workspace_read {"path":"README.md"}'],
  ])('%s (SPEC 55)', async (message, ...calls) => {
    expect(await callsFor(message, workspace)).toEqual(calls)
    expect(await callsFor(message, all)).toEqual(calls)
  })

  test.each([
    ['Look up who wrote Faust', 'web_search {"query":"who wrote Faust"}'],
    ['What does https://example.com say?', 'web_fetch {"url":"https://example.com"}'],
    ['What time is it?', 'clock_now {}'],
    ['What is 2 plus 3?', 'calculator_add {"a":2,"b":3}'],
    ['What is on my plan?', 'planning_list {}'],
    ['What do you remember about tea?', 'memory_recall {"query":"tea"}'],
  ])('%s (SPEC 55)', async (message, call) => {
    expect(await callsFor(message, all)).toEqual([call])
  })

  test.each<[string, object, object | undefined]>([
    ["check 'a', 'b'", { items: Type.Array(text()) }, { items: ['a', 'b'] }],
    ['check a.md and b.md', { files: Type.Array(text()) }, { files: ['a.md', 'b.md'] }],
    ['check http://a.b', { urls: Type.Array(text()) }, { urls: ['http://a.b'] }],
    ['check it', { items: Type.Array(text()) }, undefined],
    ['check it', { items: Type.Array(integer()) }, undefined],
    ['check it', { options: Type.Object({}) }, { options: {} }],
    ['check it', { options: Type.Object({ a: text() }) }, undefined],
    ['check it', { deep: boolean() }, { deep: false }],
    ['check it', { deep: Type.Boolean({ default: true }) }, { deep: true }],
    ['check it deep', { deep: optional(boolean()) }, { deep: true }],
    ['check it', { mode: Type.Enum(['fast', 'slow']) }, { mode: 'fast' }],
    ['check it slow', { mode: Type.Enum(['fast', 'slow']) }, { mode: 'slow' }],
    ['check it', { mode: Type.Enum(['fast', 'slow'], { default: 'slow' }) }, { mode: 'slow' }],
    [
      'check 26 from "mi", to km',
      {
        value: Type.Number(),
        from: Type.Enum(['m', 'km', 'mi']),
        to: optional(Type.Enum(['m', 'km', 'mi'])),
      },
      { value: 26, from: 'mi', to: 'km' },
    ],
    [
      'check 26 mi',
      { value: Type.Number(), from: Type.Enum(['m', 'mi']), to: optional(Type.Enum(['m', 'mi'])) },
      { value: 26, from: 'mi' },
    ],
    ['check it', { kind: Type.Literal('check') }, { kind: 'check' }],
    ['check it', { odd: Type.Union([text(), integer()]) }, undefined],
    ['check lines 3 to 7', { start: integer(), end: integer() }, { start: 3, end: 7 }],
    ['check from line 5', { start: optional(integer()), limit: optional(integer()) }, { start: 5 }],
    ['check line 5', { line: optional(integer()), limit: optional(integer()) }, { line: 5, limit: 1 }],
    ['check the top 3', { limit: optional(integer()) }, { limit: 3 }],
    ['check it: all of it', { note: text() }, { note: 'all of it' }],
    ['check it', { note: text() }, { note: 'check it' }],
  ])('with the input that its schema takes: %s (SPEC 55)', async (message, properties, input) => {
    const tool: Tools = [
      {
        type: 'function',
        name: 'check',
        description: 'Checks it.',
        inputSchema: Type.Object(properties as never) as never,
      },
    ]
    expect(await callsFor(message, tool)).toEqual(
      input === undefined ? [] : [`check ${JSON.stringify(input)}`],
    )
  })

  test.each<
    [tool: string, description: string, properties: object, message: string, input: object | undefined]
  >([
    [
      'weather',
      'Tells the weather in a city.',
      { city: text() },
      'What is the weather in Paris?',
      { city: 'Paris' },
    ],
    [
      'weather',
      'Tells the weather in a city.',
      { city: text() },
      "How's the weather in New York today?",
      { city: 'New York' },
    ],
    [
      'capital',
      'Tells the capital of a country.',
      { country: text() },
      'Tell me the capital of peru',
      { country: 'peru' },
    ],
    ['greet', 'Greets somebody.', { name: text() }, 'Greet Ada', { name: 'Ada' }],
    ['echo', 'Says a text back.', { text: text() }, 'Please echo hello world', { text: 'hello world' }],
    [
      'translate',
      'Translates a text.',
      { text: text(), target: text() },
      'Translate "good day" to French',
      { text: 'good day', target: 'French' },
    ],
    [
      'flights',
      'Finds flights.',
      { from: text(), to: text() },
      'Find flights to Rome from New York',
      { from: 'New York', to: 'Rome' },
    ],
    ['flights', 'Finds flights.', { from: text(), to: text() }, 'Find flights to Rome', undefined],
    [
      'convert',
      'Converts an amount.',
      { amount: Type.Number(), from: text(), to: text() },
      'Convert 100 USD to EUR',
      { amount: 100, from: 'USD', to: 'EUR' },
    ],
    [
      'order_status',
      'Tells how an order stands.',
      { orderId: text() },
      'What is the status of order 1234?',
      { orderId: '1234' },
    ],
    [
      'refund',
      'Refunds an order.',
      { order_id: text() },
      'Refund 20 euros of order A-5',
      { order_id: 'A-5' },
    ],
    [
      'clock',
      'Tells the time in a zone.',
      { zone: text() },
      'What time is it in Europe/Berlin?',
      { zone: 'Europe/Berlin' },
    ],
    [
      'clock',
      'Tells the time elsewhere.',
      { time: text({ pattern: '^\\d+:\\d+$' }) },
      'What time is it in Tokyo?',
      undefined,
    ],
    [
      'clock',
      'Tells the time elsewhere.',
      { time: text({ pattern: '^\\d+:\\d+$' }) },
      'Which time is the time "10:30"?',
      { time: '10:30' },
    ],
    [
      'clock',
      'Tells the time elsewhere.',
      { time: text({ pattern: '(' }) },
      'What time is it in Tokyo?',
      { time: 'Tokyo' },
    ],
    [
      'clock',
      'Tells the time.',
      { zone: optional(text()) },
      'What time is it in Asia/Tokyo?',
      { zone: 'Asia/Tokyo' },
    ],
    ['clock', 'Tells the time.', { zone: optional(text()) }, 'What time is it?', {}],
    [
      'memory_recall',
      'Looks into what was kept.',
      { query: text() },
      'What do you remember about tea?',
      { query: 'tea' },
    ],
    [
      'skills_load',
      'Loads the instructions of a skill.',
      { name: text() },
      'Load the skill release-notes',
      { name: 'release-notes' },
    ],
    [
      'recipe',
      'Suggests a recipe.',
      { ingredient: text() },
      'Suggest a recipe with chicken',
      { ingredient: 'chicken' },
    ],
    ['weather', 'Tells the weather in a city.', { city: text() }, 'What is the weather?', undefined],
    [
      'tone_set',
      'Sets how to answer.',
      { language: optional(text()), tone: optional(text()) },
      'Set the tone to "short"',
      { tone: 'short' },
    ],
    [
      'customer',
      'Looks up a customer.',
      { email: text() },
      'Look up the customer bob@example.com',
      { email: 'bob@example.com' },
    ],
    [
      'search',
      'Searches the web.',
      { query: text() },
      'Search the web: the best pizza in Naples',
      { query: 'the best pizza in Naples' },
    ],
    [
      'calculator',
      'Adds two numbers.',
      { a: Type.Number(), b: Type.Number() },
      'Add 2 and 3',
      { a: 2, b: 3 },
    ],
    [
      'calculator',
      'Adds two numbers.',
      { a: Type.Number(), b: Type.Number() },
      'What is 17 + 25?',
      { a: 17, b: 25 },
    ],
    [
      'calculator',
      'Adds two numbers.',
      { a: Type.Number(), b: Type.Number() },
      "What's 2+2?",
      { a: 2, b: 2 },
    ],
    [
      'multiply',
      'Multiplies two numbers.',
      { a: Type.Number(), b: Type.Number() },
      'What is 6 times 7?',
      { a: 6, b: 7 },
    ],
    [
      'subtract',
      'Subtracts a number.',
      { a: Type.Number(), b: Type.Number() },
      'How much is 9 minus 4?',
      { a: 9, b: 4 },
    ],
    [
      'divide',
      'Divides a number.',
      { a: Type.Number(), b: Type.Number() },
      'What is 9 divided by 3?',
      { a: 9, b: 3 },
    ],
    [
      'calculator',
      'Evaluates an expression.',
      { expression: text() },
      'What is 2 * (3 + 4)?',
      { expression: '2 * (3 + 4)' },
    ],
    [
      'calculator',
      'Evaluates an expression.',
      { expression: text() },
      'Calculate: 2^10',
      { expression: '2^10' },
    ],
    [
      'calculator',
      'Evaluates an expression.',
      { expression: text() },
      'Calculate it',
      { expression: 'Calculate it' },
    ],
    ['dice', 'Rolls dice, as 2d6.', { dice: text() }, 'Roll 2d6', { dice: '2d6' }],
    [
      'pulls',
      'Lists pull requests.',
      { repo: text(), state: optional(Type.Union([Type.Literal('open'), Type.Literal('all')])) },
      'List open pull requests of acme/api',
      { repo: 'acme/api', state: 'open' },
    ],
    [
      'poll',
      'Creates a poll.',
      { question: text(), options: Type.Array(Type.String()) },
      'Create a poll "Lunch?" with the options "Pizza" and "Sushi"',
      { question: 'Lunch?', options: ['Pizza', 'Sushi'] },
    ],
    [
      'deploy',
      'Deploys a service.',
      { service: text(), place: Type.Union([Type.Literal('staging'), Type.Literal('production')]) },
      'Deploy api to staging',
      { service: 'api to staging', place: 'staging' },
    ],
    [
      'refund',
      'Refunds an order.',
      { order_id: text(), amount: Type.Number() },
      'Where is my order 1234?',
      undefined,
    ],
    [
      'web_search',
      'Searches the web.',
      { query: text() },
      'Search the web for TypeScript decorators in Node.js 22',
      { query: 'TypeScript decorators in Node.js 22' },
    ],
    [
      'note',
      'Takes a note.',
      { title: text(), body: optional(text()) },
      'Note: call mum',
      { title: 'call mum' },
    ],
    [
      'tone',
      'Takes a style.',
      { language: optional(text()), tone: optional(text()) },
      'Take the tone "short"',
      { tone: 'short' },
    ],
    [
      'send_mail',
      'Sends an e-mail.',
      { to: text(), subject: text(), body: text() },
      'Send a mail to bob@example.com with the body "At noon?" and the subject "Lunch"',
      { to: 'bob@example.com', subject: 'Lunch', body: 'At noon?' },
    ],
  ])(
    'and takes what its arguments are called and the message says: %s, %s (SPEC 55)',
    async (name, description, properties, message, input) => {
      const tool = {
        type: 'function' as const,
        name,
        description,
        inputSchema: Type.Object(properties as never) as never,
      }
      expect(await callsFor(message, [tool])).toEqual(
        input === undefined ? [] : [`${name} ${JSON.stringify(input)}`],
      )
    },
  )

  test.each([
    ['Please compute sqrt(16) + 2', 'sqrt(16) + 2'],
    ['compute round(10/3, 2)', 'round(10/3, 2)'],
    ['calculate 2 km + 3 + 4 m', '2 km + 3 + 4 m'],
    ['Calculate 15% * 80?', '15% * 80'],
    ['How much is (1 + 2) * 3.5?', '(1 + 2) * 3.5'],
    ['sqrt(9) * 2?', 'sqrt(9) * 2'],
  ])('and calculates all that it is told: %s (SPEC 55)', async (message, expression) => {
    const inputSchema = Type.Object({ expression: text() }) as never
    const tool = { type: 'function' as const, name: 'calculator', description: 'Works out.', inputSchema }
    expect(await callsFor(message, [tool])).toEqual([`calculator ${JSON.stringify({ expression })}`])
  })

  test('with one of the texts that a tool takes, as a run shows them (SPEC 55)', async () => {
    const kind = Type.Union([Type.Literal('fast'), Type.Literal('slow')])
    const check = writing('Checks it.', { kind }, (input) => `It was ${String(input['kind'])}.`)
    const { text: answer } = await run(aSession({ check }), 'Check the slow one', { model: offlineModel() })
      .result
    expect(answer).toContain('It was slow.')
  })

  test('or none, where a tool takes something and nothing of it is named (SPEC 55)', async () => {
    const set = (minProperties: number): Tools => [
      {
        type: 'function',
        name: 'preferences_set',
        description: 'Writes down how the person wants to be answered.',
        inputSchema: Type.Object({ tone: optional(text()) }, { minProperties }) as never,
      },
    ]
    expect(await callsFor('Write the greeting down', set(1))).toEqual([])
    expect(await callsFor('Write the greeting down', set(0))).toEqual(['preferences_set {}'])
    expect(await callsFor('Write down the tone "short"', set(1))).toEqual([
      'preferences_set {"tone":"short"}',
    ])
  })

  test('or none, where none fits (SPEC 55)', async () => {
    for (const message of [
      'Hello',
      'Who are you?',
      'What tools do you have?',
      'Tell me a joke',
      '',
      '???',
      '你好',
    ]) {
      expect(await callsFor(message, all), message).toEqual([])
    }
  })

  test('as the caller limits it (SPEC 55)', async () => {
    const read = 'What does README.md say?'
    expect(await callsFor(read, all, { toolChoice: { type: 'none' } })).toEqual([])
    expect(await callsFor(read, all, { toolChoice: { type: 'tool', toolName: 'workspace_list' } })).toEqual([
      'workspace_list {}',
    ])
    expect(await callsFor('Hm', workspace, { toolChoice: { type: 'required' } })).toEqual([
      'workspace_list {}',
    ])
  })
})

describe('the offline model changes something only where it is plainly asked to', () => {
  test.each([
    ["Write 'hello' to notes.txt", 'workspace_write {"path":"notes.txt","text":"hello"}'],
    [
      'Please create notes.txt with the content: hello world',
      'workspace_write {"path":"notes.txt","text":"hello world"}',
    ],
    [
      "Could you replace 'foo' with 'bar' in a.txt?",
      'workspace_edit {"path":"a.txt","old":"foo","new":"bar"}',
    ],
    ['Remember that I like tea', 'memory_remember {"text":"I like tea"}'],
    [
      "Create an issue 'Login broken' with high priority",
      'issue_create {"title":"Login broken","priority":"high"}',
    ],
    ["Add 'buy milk' to the plan", 'planning_add {"title":"buy milk"}'],
    ['Delete issue 7', 'issue_delete {"id":7}'],
  ])('%s (SPEC 55)', async (message, call) => {
    expect(await callsFor(message, all)).toEqual([call])
  })

  test.each([
    "Please don't write 'x' to notes.txt",
    "Never write 'x' to notes.txt",
    "How do I write 'x' to notes.txt?",
    "What happens if I write 'x' to notes.txt?",
    "What does 'delete issue 7' mean?",
    '"Delete issue 7", he said.',
    'Write a poem to notes.txt',
    'Write to notes.txt',
    'Delete README.md',
    'Send an e-mail to bob',
    "Which files mention 'write x to y.txt'?",
    'Issue 7 was deleted',
  ])('not for: %s (SPEC 55)', async (message) => {
    const calls = await callsFor(message, all)
    expect(calls.filter((call) => changing.some((name) => call.startsWith(name)))).toEqual([])
  })

  test('one change after the other, in the order in which they were asked for (SPEC 55)', async () => {
    const session = aSession(
      {},
      {
        notes: {
          write: writing('Writes a file.', { path: text(), text: text() }),
          read: writing('Reads a file.', { path: text() }),
        },
      },
    )
    session.tools.push('notes')
    await run(session, 'Write "x" to a.txt and then read a.txt. Write "y" to b.txt', {
      model: offlineModel(),
    }).result
    expect(
      historyOf(session)
        .slice(1, -1)
        .filter((line) => line.startsWith('assistant')),
    ).toEqual([
      'assistant: notes_write({"path":"a.txt","text":"x"})',
      'assistant: notes_read({"path":"a.txt"})',
      'assistant: notes_write({"path":"b.txt","text":"y"})',
    ])
  })

  test('whatever else the message says, as long as it begins no clause with a verb for it (SPEC 55)', async () => {
    const words = fc.constantFrom(
      "'x'",
      'notes.txt',
      'to',
      'files',
      'the',
      'writing',
      'about',
      'README.md',
      '"delete it"',
      'issue',
      '7',
      'http://a.b',
      '*.ts',
      'in',
      'src',
    )
    const starts = fc.constantFrom(
      'Which',
      'How to',
      'Why',
      'Do not',
      "Don't",
      'Is',
      'What',
      'Where',
      'I',
      'The',
      'Read',
      'Show',
      'List',
      'Find',
    )
    await fc.assert(
      fc.asyncProperty(starts, fc.array(words, { maxLength: 12 }), async (start, rest) => {
        const calls = await callsFor([start, ...rest].join(' '), all)
        expect(calls.filter((call) => changing.some((name) => call.startsWith(name)))).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the offline model', () => {
  test('answers from results, and says what it is (SPEC 55)', async () => {
    const found = 'Nothing like it'
    const session = aSession(
      {},
      {
        files: {
          search: writing(
            'Finds lines by text.',
            { text: text() },
            () => `2 matches\na/b.ts:3: ChatSession\na/b.ts:9: ChatSession\nc d.md:1: ${found}`,
          ),
        },
      },
    )
    session.tools.push('files')
    const {
      text: answer,
      finishReason,
      usage,
    } = await run(session, "Which files mention 'ChatSession'?", { model: offlineModel() }).result
    expect(answer).toBe(
      'offline model: no language model is configured. This is what the tools returned.\n\nfiles_search {"text":"ChatSession"} found 2 files:\n- a/b.ts (2 places)\n- c d.md',
    )
    expect(finishReason).toBe('stop')
    expect(usage.totalTokens).toBeGreaterThan(50)
  })

  test('shows an excerpt of what is long, and says how much is left out (SPEC 55)', async () => {
    const long = Array.from({ length: 100 }, (_, i) => `line ${i} ${'x'.repeat(i === 0 ? 500 : 0)}`).join(
      '\n',
    )
    const session = aSession({}, { files: { read: writing('Reads a file.', { path: text() }, () => long) } })
    session.tools.push('files')
    const { text: answer } = await run(session, 'What does README.md say?', { model: offlineModel() }).result
    expect(answer).toContain('    line 23\n\n(76 more lines)')
    expect(answer.length).toBeLessThan(1000)
  })

  test('looks for a file that is not where it was said to be (SPEC 55)', async () => {
    const session = aSession(
      {},
      {
        files: {
          read: writing('Reads a file.', { path: text() }, ({ path }) => {
            if (path === 'docs/README.md') return '# Found'
            throw new Error(`There is no '${path}'.`)
          }),
          search: writing('Finds files by glob.', { glob: optional(text()) }, () => '1 file\ndocs/README.md'),
        },
      },
    )
    session.tools.push('files')
    const { text: answer, steps } = await run(session, 'What does the README say?', { model: offlineModel() })
      .result
    expect(steps).toBe(4)
    expect(answer).toContain(
      'files_read {"path":"README.md"} failed: The tool failed: There is no \'README.md\'.',
    )
    expect(answer).toContain('    # Found')
  })

  test('finds the files in results of any form, and says how many it leaves out (SPEC 55)', async () => {
    const paths = Array.from({ length: 45 }, (_, i) => ({ path: `f${i}.ts`, line: i, in: { size: 1 } }))
    const answerOf = async (result: unknown): Promise<string> => {
      const session = aSession(
        {},
        { files: { search: writing('Finds lines by text.', { text: text() }, () => result) } },
      )
      session.tools.push('files')
      return (await run(session, "Which files mention 'x'?", { model: offlineModel() }).result).text
    }
    expect(await answerOf({ hits: paths })).toMatch(/found 45 files:\n- f0.ts\n[^]*- and 5 more$/)
    expect(await answerOf([paths[0]])).toMatch(/found 1 file:\n- f0.ts$/)
    expect(await answerOf({ hits: [] })).toMatch(/returned:\n\n {4}\{\n {6}"hits": \[\]\n {4}\}$/)
  })

  test('answers from whatever is in the history, in any form of the interface (SPEC 55)', async () => {
    const call = (id: string) => ({ type: 'tool-call' as const, toolCallId: id, toolName: 'x', input: {} })
    const result = (id: string, output: object) => ({
      type: 'tool-result' as const,
      toolCallId: id,
      toolName: 'x',
      output: output as never,
    })
    const { content } = await offlineModel().doGenerate({
      prompt: [
        {
          role: 'user',
          content: [{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: '' } }],
        },
        {
          role: 'assistant',
          content: [call('1'), call('2'), call('3'), result('1', { type: 'json', value: 7 })],
        },
        {
          role: 'tool',
          content: [
            result('2', { type: 'execution-denied' }),
            result('3', { type: 'content', value: [{ type: 'text', text: 'seen' }, { type: 'custom' }] }),
            result('nobody', { type: 'text', value: 'never' }),
          ],
        },
        { role: 'system', content: 'late' },
      ],
    })
    expect(content).toEqual([
      {
        type: 'text',
        text: 'offline model: no language model is configured. This is what the tools returned.\n\nx {} returned:\n\n    7\n\nx {} failed: The call was refused.\n\nx {} returned:\n\n    seen\n    [custom]',
      },
    ])
    const [nothing] = (await offlineModel().doGenerate({ prompt: [] })).content
    expect(nothing).toMatchObject({ type: 'text' })
  })

  test('does not look for what can not be found (SPEC 55)', async () => {
    const failing = (): never => {
      throw new Error('no')
    }
    const session = aSession(
      {},
      {
        files: {
          read: writing('Reads a file.', { path: text() }, failing),
          search: writing('Finds files by glob.', { glob: optional(text()) }, failing),
        },
      },
    )
    session.tools.push('files')
    const { steps } = await run(session, 'Read src/some', { model: offlineModel() }).result
    expect(steps).toBe(2)
    expect((await run(session, 'Read src/some.ts', { model: offlineModel() }).result).steps).toBe(3)
  })

  test('tells what it could use, where it can answer nothing (SPEC 55)', async () => {
    const [part] = await generate('Hello', workspace.slice(0, 1))
    expect(part).toEqual({
      type: 'text',
      text: expect.stringMatching(
        /^offline model: no language model is configured\..*\n\nThe equipped tools:\n- workspace_list: Lists a folder: the names in it, with the sizes of files\.$/s,
      ),
    })
    const [none] = await generate('Hello', [])
    expect(none).toMatchObject({ text: expect.stringContaining('No tool is equipped either') })
  })

  test('says the same each time, and as a stream what it says at once (SPEC 55)', async () => {
    const session = () => aSession({ now: writing('Tells the time.', {}, () => 'noon') })
    const said = await Promise.all(
      [1, 2].map(() => run(session(), 'What time is it?', { model: offlineModel() }).result),
    )
    expect(said[0]).toEqual(said[1])
    const events = await eventsOf(run(session(), 'What time is it?', { model: offlineModel() }))
    expect(events.flatMap((event) => (event.type === 'text-delta' ? [event.delta] : [])).join('')).toBe(
      said[0]!.text,
    )
    expect(typesOf(events).filter((type) => type === 'text-delta').length).toBeGreaterThan(2)
    expect(typesOf(events)).toEqual(
      expect.arrayContaining(['tool-input-start', 'tool-input-delta', 'tool-input-end']),
    )
  })

  test('gives its calls ids that no earlier call has (SPEC 55)', async () => {
    const session = aSession({ now: writing('Tells the time.', {}, () => 'noon') })
    for (const _ of [1, 2]) await run(session, 'What time is it?', { model: offlineModel() }).result
    const ids = [...session.messages].flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : [])),
    )
    expect(ids).toEqual(['offline-1', 'offline-2'])
  })

  test('stops when it is aborted (SPEC 58)', async () => {
    const abort = new AbortController()
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }]
    const { stream } = await offlineModel().doStream({ prompt, abortSignal: abort.signal })
    const parts: LanguageModelV4StreamPart[] = []
    await expect(async () => {
      for await (const part of stream as unknown as AsyncIterable<LanguageModelV4StreamPart>) {
        parts.push(part)
        if (part.type === 'text-delta') abort.abort()
      }
    }).rejects.toThrow('aborted')
    expect(parts.at(-1)?.type).not.toBe('finish')
  })

  test('takes any text that it reads in little time, and says so of one that it does not read (SPEC 12)', async () => {
    const pieces = [
      "'",
      '`',
      '‘',
      '"a',
      'a.b ',
      '/a',
      ' and read ',
      'in the folder ',
      '*',
      'A',
      '```\n',
      'about ',
      ' ',
    ]
    const begin = process.cpuUsage().user
    for (const piece of pieces) {
      await callsFor(`${piece.repeat(7_900 / piece.length)} x`, workspace)
      const [said] = await generate(piece.repeat(200_000), workspace)
      expect(said).toMatchObject({ text: expect.stringContaining('up to 8000 characters') as string })
    }
    expect((process.cpuUsage().user - begin) / 1000).toBeLessThan(5_000) // of CPU: the machine may be busy
  })

  test('shows a result that is mostly space in little time (SPEC 12)', async () => {
    const session = aSession({}, { files: { read: writing('Reads a file.', { path: text() }, () => blank) } })
    const blank = `a${' '.repeat(200_000)}b`
    session.tools.push('files')
    const { text: answer } = await run(session, 'What does README.md say?', { model: offlineModel() }).result
    expect(answer).toContain('    a ')
  })

  test('never throws, whatever is said and offered (SPEC 55)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (message) => {
        await expect(generate(message, all)).resolves.toBeDefined()
      }),
      { numRuns: 500 },
    )
    const odd: Tools = [
      { type: 'function', name: 'x', inputSchema: {} },
      {
        type: 'function',
        name: 'read_y',
        inputSchema: {
          type: 'object',
          required: ['missing'],
          properties: { list: { type: 'array', items: { type: 'string' } } },
        },
      },
      { type: 'provider', id: 'a.b', name: 'c', args: {} },
    ]
    await expect(generate("read 'a' and 'b' in c.txt", odd)).resolves.toBeDefined()
  })
})

function writing(
  description: string,
  properties: object,
  execute: (input: Record<string, unknown>) => unknown = () => 'ok',
): Tool {
  return defineTool({ description, input: Type.Object(properties as never), execute: execute as never })
}
