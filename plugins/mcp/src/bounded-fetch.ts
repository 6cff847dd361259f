// A fetch whose answers have an end: a JSON document, or one event of a stream, that is larger than the limit breaks the
// connection instead of filling the memory.

/** Makes a fetch that takes no message of more than so many bytes. */
export function boundedFetch(maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    if (!response.body) return response
    const isStream = /^text\/event-stream/i.test(`${response.headers.get('content-type')}`)
    return new Response(response.body.pipeThrough(bound(maxBytes, isStream)), response)
  }
}

function bound(maxBytes: number, isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0
  let last = 0
  let isLineEmpty = true
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) {
        const isEndOfPair = byte === lineFeed && last === carriageReturn
        last = byte
        if (isEndOfPair) continue
        const isEmptyLine = isLineEmpty && isStream
        isLineEmpty = byte === lineFeed || byte === carriageReturn
        bytes = isLineEmpty && isEmptyLine ? 0 : bytes + 1 // an empty line ends an event
        if (bytes > maxBytes) throw new Error(`It sent more than ${maxBytes} bytes.`)
      }
      controller.enqueue(chunk)
    },
  })
}

// Lines of an event stream end with either of them, or with both.
const lineFeed = 10
const carriageReturn = 13
