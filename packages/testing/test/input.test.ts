import { expect, test } from 'vitest'
import {
  callTool,
  scriptedFetch,
  scriptedModel,
  testPackage,
  testPlugin,
  testSession,
  testStore,
} from '../src/index.ts'

const any = (value: unknown): never => value as never
const { session } = testSession()

test.each<[string, () => unknown]>([
  [
    "A session for a test has no option 'plugin'. Did you mean 'plugins'?",
    () => testSession(any({ plugin: [] })),
  ],
  ["A session for a test can't have an object as plugins.", () => testSession({ plugins: any({}) })],
  [
    "scriptedModel() can't have 'v5' as version. Give 'v2' or 'v3' or 'v4'.",
    () => scriptedModel([], { version: any('v5') }),
  ],
  ['A script is a list of steps, or an object of steps by address.', () => scriptedFetch(any(undefined))],
  ["'example.com' is no address.", () => scriptedFetch({ 'example.com': 'Hello' })],
  ['testPlugin() has no test. Give a function.', () => testPlugin(any({}))],
  ['testPlugin() has no plugin. Give what definePlugin() made.', () => testPlugin(any({ test, entry: 'a' }))],
  ["testPlugin() has no option 'call'. Did you mean 'calls'?", () => testPlugin(any({ test, call: {} }))],
  ['testPackage() takes options, not undefined.', () => testPackage(any(undefined))],
  [
    "testStore() has no option 'reopn'. Did you mean 'reopen'?",
    () => testStore(any({ test, create: () => {}, reopn: () => {} })),
  ],
])('what a test without types gives is refused in clear words: %s', (text, call) => {
  expect(call).toThrow(text)
})

test.each<[string, () => Promise<unknown>]>([
  ['callTool() has no at. Give a session or an interaction.', () => callTool(any(undefined), 'add')],
  ["callTool() can't have an object as at.", () => callTool(any({}), 'add')],
  [
    "callTool() has no option 'onEvents'. Did you mean 'onEvent'?",
    () => callTool(session, 'add', {}, any({ onEvents: () => {} })),
  ],
  ...(
    [
      ["A step of a script can't have 42 as text. Give a text.", { text: 42 }],
      ["A step of a script can't have an array as reasoning.", { reasoning: ['a'] }],
      ["A step of a script can't have 'end_turn' as finish. Give 'stop' or", { finish: 'end_turn' }],
      ["A step of a script can't have false as cut. Give true, or an error.", { cut: false }],
      [
        'A list as a step of a script is no list of raw parts. Write each step for itself',
        ['Hello.', 'Yes.'],
      ],
    ] as const
  ).map(
    ([text, step]) =>
      [text, () => scriptedModel([any(step)]).doStream({ prompt: [] })] as [string, () => never],
  ),
])('what a test without types gives is refused in clear words: %s', async (text, call) => {
  await expect(call()).rejects.toThrow(text)
})
