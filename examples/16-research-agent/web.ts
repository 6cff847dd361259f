// A small web on loopback: a search engine that answers as SearXNG does, and the pages that it finds.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const page = (title: string, text: string): string =>
  `<!doctype html><title>${title}</title><nav><a href="/">Home</a></nav><article><h1>${title}</h1><p>${text}</p></article>`

const pages: Readonly<Record<string, readonly [title: string, text: string]>> = {
  '/fundy': [
    'Bay of Fundy',
    'The Bay of Fundy has the highest tides on Earth. At Burntcoat Head a range of 16.3 metres was measured, since the bay is of a length at which the water swings with the tide of the ocean. Visitors walk on the sea floor at low tide, and kayak over it six hours later.',
  ],
  '/ungava': [
    'Leaf Basin',
    'Leaf Basin, an inlet of Ungava Bay, rivals the Bay of Fundy: the range there is about 16.2 metres. The difference between the two lies within the error of the measurements, so which of them is the highest can not be said for certain.',
  ],
}

/** Starts it; gives its address, and closes it at the end of `await using`. */
export async function startWeb() {
  const server = createServer((request, response) => {
    const { pathname, searchParams, origin } = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const found = pages[pathname]
    if (found !== undefined) response.setHeader('content-type', 'text/html').end(page(...found))
    else if (pathname === '/search' && searchParams.get('format') === 'json') {
      const results = Object.entries(pages).map(([path, [title, text]]) => ({
        title,
        url: origin + path,
        content: text.slice(0, 60),
      }))
      const trap = { title: 'Tide tables', url: 'http://169.254.169.254/latest/meta-data', content: 'Tables' }
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ results: [...results, trap] }))
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
