import { LLMock } from '@copilotkit/aimock'
import { defineTool, Type } from '@retinue/kernel'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { run, type RunInput } from '../../src/index.ts'
import { aSession, eventsOf, historyOf } from '../a-session.ts'
import { Loopback, passing, streaming } from './loopback.ts'
import { google, providers } from './providers.ts'

// A pixel each, and a page that says nothing: told apart by their data.
const red = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFAAH/q842iQAAAABJRU5ErkJggg=='
const blue =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADAgH/p4R2lQAAAABJRU5ErkJggg=='
const page = 'JVBERi0xLjQKJcOkw7zDtsOfCjIgMCBvYmoKPDwvTGVuZ3RoIDMgMCBSPj4Kc3RyZWFtCg=='

const aimock = new LLMock({ port: 0, logLevel: 'silent' })
let server: Loopback

beforeAll(async () => {
  aimock.on({}, { toolCalls: [{ name: 'kit_show', arguments: '{}' }] })
  ;[, server] = await Promise.all([aimock.start(), Loopback.start()])
})
afterEach(() => server.reset())
afterAll(() => Promise.all([aimock.stop(), server[Symbol.asyncDispose]()]))

describe.each(providers)('$name', (provider) => {
  test('is shown the files of its user and those of its tools (SPEC 53, 54)', async () => {
    const show = defineTool({
      description: 'Shows what there is.',
      input: Type.Object({}),
      output: 'content',
      execute: () => [
        { type: 'text', text: 'A pixel and a page.' },
        { type: 'file', mediaType: 'image/png', data: blue },
        { type: 'file', mediaType: 'application/pdf', data: page, filename: 'page.pdf' },
      ],
    })
    const input: RunInput = [
      { type: 'text', text: 'Show what is like it.' },
      { type: 'file', mediaType: 'image/png', data: red },
    ]
    const session = aSession({ show })
    server.answer(
      passing(aimock.url, () => undefined),
      streaming(provider.answer),
    )
    const { text } = await run(session, input, { model: provider.model(server.url) }).result
    expect(text).toBe('Fine.')
    const [asked, shown] = server.requests.map(({ body }) => body)
    expect(asked).toContain(red)
    expect(asked).not.toContain(blue)
    for (const each of [red, 'A pixel and a page.']) expect(shown).toContain(each)
    // Where results are text alone, a model would read the data of a file as text.
    const isText = /chat|compatible/.test(provider.name)
    for (const each of [blue, page]) expect(shown!.includes(each)).toBe(!isText)
    for (const type of ['image/png', 'application/pdf'])
      expect(shown!.includes(`[A file, ${type}, not shown.]`)).toBe(isText)
  })
})

test('a file that a model makes is told, kept, and sent back to it (SPEC 53, 56)', async () => {
  const made = {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [{ text: 'Here: ' }, { inlineData: { mimeType: 'image/png', data: blue } }],
        },
      },
    ],
  }
  server.answer(
    streaming([`data: ${JSON.stringify(made)}\n\n`, ...google.answer.slice(2)]),
    streaming(google.answer),
  )
  const session = aSession()
  const model = google.model(server.url)
  const events = await eventsOf(run(session, 'Draw a pixel.', { model }))
  const file = { type: 'file', mediaType: 'image/png', data: blue }
  expect(events.find(({ type }) => type === 'file')).toMatchObject({ file })
  expect(historyOf(session)).toEqual(['user: Draw a pixel.', 'assistant: Here:  | <image/png>'])
  await run(session, 'And?', { model }).result
  expect(JSON.parse(server.requests[1]!.body).contents[1]).toEqual({
    role: 'model',
    parts: [{ text: 'Here: ' }, { inlineData: { mimeType: 'image/png', data: blue } }],
  })
})
