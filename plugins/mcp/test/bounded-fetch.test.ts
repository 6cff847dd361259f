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

test('a stream goes on as long as its events are small', async () => {
  const events = Array.from({ length: 50 }, () => 'data: small\r\n\r\n')
  expect(await fetched('text/event-stream', ...events)).toHaveLength(50 * 15)
  await expect(
    fetched('text/event-stream', 'data: small\n\n', `data: ${'x'.repeat(30)}\n\n`),
  ).rejects.toThrow('more than')
})
