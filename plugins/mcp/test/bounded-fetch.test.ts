import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { boundedFetch } from '../src/bounded-fetch.ts'

/** Serves these chunks, and gives what a bounded fetch makes of them. */
async function fetched(type: string, ...chunks: string[]): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', type)
    for (const chunk of chunks) response.write(chunk)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const response = await boundedFetch(20)(`http://127.0.0.1:${port}/`)
  return response.text()
}

test('a document beyond the limit breaks off', async () => {
  expect(await fetched('application/json', 'x'.repeat(20))).toHaveLength(20)
  await expect(fetched('application/json', 'x'.repeat(15), 'x'.repeat(6))).rejects.toThrow(
    'more than 20 bytes',
  )
})

test.each([['\n'], ['\r'], ['\r\n']])(
  'a stream goes on as long as its events are small, with lines that end with %j',
  async (end) => {
    const small = `data: small${end}${end}`
    const events = small.repeat(50).split('') // a byte at a time, as far as they come so
    expect(await fetched('text/event-stream', ...events)).toBe(small.repeat(50))
    const large = `data: ${'x'.repeat(6)}${end}`.repeat(2)
    await expect(fetched('text/event-stream', small, `${large}${end}`)).rejects.toThrow('more than 20 bytes')
  },
)
