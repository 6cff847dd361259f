// A fetch whose answers have an end: a JSON document, or one event of a stream, that is larger than the limit breaks the
// connection instead of filling the memory.

/** Makes a fetch that takes no message of more than so many bytes. */
export function boundedFetch(maxBytes: number): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    if (response.body === null) return response
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    return new Response(response.body.pipeThrough(bound(maxBytes, isStream)), response)
  }
}

function bound(maxBytes: number, isStream: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0
  let last = 0
  let isLineEmpty = true
  return new TransformStream({
    transform(chunk, controller) {
      if (!isStream) bytes += chunk.length
      else {
        for (const byte of chunk) {
          const isEndOfPair = byte === lineFeed && last === carriageReturn
          last = byte
          if (isEndOfPair) continue
          bytes++
          if (byte !== lineFeed && byte !== carriageReturn) isLineEmpty = false
          else if (isLineEmpty) bytes = 0 // an empty line ends an event
          else isLineEmpty = true
          if (bytes > maxBytes) break
        }
      }
      if (bytes > maxBytes) throw new Error(`It sent more than ${maxBytes} bytes.`)
      controller.enqueue(chunk)
    },
  })
}

// Lines of an event stream end with either of them, or with both.
const lineFeed = 10
const carriageReturn = 13
