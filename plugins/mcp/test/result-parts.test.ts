import { expect, test } from 'vitest'
import { resourceParts, resultParts, Room } from '../src/result-parts.ts'

const limits = { maxResultChars: 100, maxFileBytes: 30 }
const data = Buffer.from('some bytes').toString('base64')

test('each kind of content becomes a part', () => {
  const parts = resultParts(
    {
      content: [
        { type: 'text', text: 'Here:' },
        { type: 'image', data, mimeType: 'image/png' },
        { type: 'audio', data, mimeType: 'audio/wav' },
        {
          type: 'resource_link',
          uri: 'file:///a',
          name: 'a',
          mimeType: 'text/plain',
          description: 'A file.',
        },
        { type: 'resource', resource: { uri: 'file:///b', text: 'inside' } },
      ],
    },
    { ...limits, maxFileBytes: 100 },
  )
  expect(parts).toEqual([
    { type: 'text', text: 'Here:' },
    { type: 'file', mediaType: 'image/png', data },
    { type: 'file', mediaType: 'audio/wav', data },
    { type: 'text', text: '[A resource: a, file:///a (text/plain, A file.)]\n[file:///b]\ninside' },
  ])
})

test('what is structured is told once, and always', () => {
  const told = (texts: string[], structuredContent: object = { sum: 3 }) =>
    resultParts(
      { content: texts.map((text) => ({ type: 'text', text })), structuredContent: { ...structuredContent } },
      limits,
    )
  expect(told([])).toEqual([{ type: 'text', text: '{"sum":3}' }])
  expect(told(['{ "sum": 3 }'])).toEqual([{ type: 'text', text: '{ "sum": 3 }' }])
  expect(told(['three'])).toEqual([{ type: 'text', text: 'three\n{"sum":3}' }])
  // As Python's SDK gives what is no object, and others do by other names.
  expect(told(['[\n 1\n]'], { content: '[\n 1\n]' })).toEqual([{ type: 'text', text: '[\n 1\n]' }])
  expect(told(['[ "a" ]'], { names: ['a'] })).toEqual([{ type: 'text', text: '[ "a" ]' }])
  for (const [texts, result] of [
    [['three'], 'three'],
    [['3'], 3],
    [
      ['0', '{\n  "a": 1\n}', 'x'],
      [0, { a: 1 }, 'x'],
    ],
    [['x'], ['x']],
  ] as const)
    expect(told([...texts], { result })).toEqual([{ type: 'text', text: texts.join('\n') }])
  expect(told([], { result: [] })).toEqual([{ type: 'text', text: '{"result":[]}' }])
  expect(told(['three'], { result: 'three', more: 1 })).toEqual([
    { type: 'text', text: 'three\n{"result":"three","more":1}' },
  ])
})

test('a file that a structure repeats is there once', () => {
  const image = { type: 'image' as const, data, mimeType: 'image/png' }
  const embedded = { type: 'resource' as const, resource: { uri: 'x:/b', blob: 'AA==' } }
  const content = [image, embedded]
  expect(
    resultParts({ content, structuredContent: { content } }, { ...limits, maxResultChars: 1000 }),
  ).toEqual([
    { type: 'file', mediaType: 'image/png', data },
    { type: 'file', mediaType: 'application/octet-stream', data: 'AA==', filename: 'x:/b' },
    {
      type: 'text',
      text: '{"content":[{"type":"image","data":"[a file]","mimeType":"image/png"},{"type":"resource","resource":{"uri":"x:/b","blob":"[a file]"}}]}',
    },
  ])
})

test('an empty file leaves the empty texts of a structure as they are', () => {
  const content = [{ type: 'image' as const, data: '', mimeType: 'image/png' }]
  expect(resultParts({ content, structuredContent: { title: '' } }, limits)[1]).toMatchObject({
    text: '{"title":""}',
  })
})

test('a text that ends within a character takes no other text with it', () => {
  const texts = ['\uD83D', 'more'].map((text) => ({ type: 'text' as const, text }))
  expect(new Room(limits).keep(texts)).toEqual([
    { type: 'text', text: 'more\n[1 more characters were left out.]' },
  ])
})

test('text and files have an end, and what was left out is told', () => {
  const long = { type: 'text' as const, text: 'x'.repeat(80) }
  const file = { type: 'file' as const, mediaType: 'image/png', data: 'A'.repeat(28) }
  expect(new Room(limits).keep([long, long, file, file])).toEqual([
    { type: 'text', text: `${'x'.repeat(80)}\n${'x'.repeat(20)}` },
    file,
    {
      type: 'text',
      text: '[A file (image/png, 21 bytes) was left out: it is too large.]\n[60 more characters were left out.]',
    },
  ])
  expect(new Room({ ...limits, maxResultChars: 3 }).keep([{ type: 'text', text: '🙂🙂' }])).toEqual([
    { type: 'text', text: '🙂\n[2 more characters were left out.]' },
  ])
})

test('parts have an end, however small they are', () => {
  const empty = { type: 'text' as const, text: '' }
  const image = { type: 'file' as const, mediaType: 'image/png', data: '' }
  const left = { type: 'text', text: '[1500 more parts were left out.]' }
  expect(new Room(limits).keep(Array.from({ length: 2500 }, () => image)).slice(999)).toEqual([image, left])
  const room = new Room(limits)
  room.keep(Array.from({ length: 1000 }, () => empty))
  expect([room.isFull, room.keep([empty])]).toEqual([
    true,
    [{ type: 'text', text: '[1 more parts were left out.]' }],
  ])
})

test('a resource is text or a file; a media type that is none is some file', () => {
  expect(
    resourceParts(
      [
        { uri: 'x:/t', text: 't' },
        { uri: 'x:/b', blob: data, mimeType: 'no type' },
      ],
      limits,
    ),
  ).toEqual([
    { type: 'text', text: '[x:/t]\nt' },
    { type: 'file', mediaType: 'application/octet-stream', data, filename: 'x:/b' },
  ])
})
