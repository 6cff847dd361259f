// Where a turn went: a span for each run, model call and tool, what an assistant did below the call that asked it.
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { run } from '@retinue/agent'
import { AgentConfig, ChatSession, ChatUser, Type } from '@retinue/kernel'
import { definePlugin, defineTool, defineToolset, register } from '@retinue/kernel'
import { tracing } from '@retinue/otel'
import { introduce } from '@retinue/plugin-delegate'
import { scriptedModel } from '@retinue/testing'

const atlas = defineToolset('atlas', {
  tools: {
    population: defineTool({
      description: 'Tells how many people live in a city.',
      input: Type.Object({ city: Type.String() }),
      effect: 'pure',
      execute({ city }) {
        if (city === 'Atlantis') throw new Error('Atlantis is not in the atlas.')
        return { city, people: 10_882_757 }
      },
    }),
  },
})
register(definePlugin({ name: 'atlas', version: '1.0.0', contributes: [atlas] }))

const look = (city: string) => ({ tool: 'atlas_population', input: { city } })
const geographer = new AgentConfig({
  name: 'geographer',
  tools: ['atlas'],
  model: scriptedModel([
    { calls: [look('Lima'), look('Atlantis')] },
    '10,882,757 in Lima; of Atlantis nothing is known.',
  ]),
})
const task = { agent: 'geographer', task: 'How many people live in Lima, and in Atlantis?' }
const editor = new AgentConfig({
  name: 'editor',
  tools: ['assist'],
  model: scriptedModel([{ calls: [{ tool: 'assist', input: task }] }, 'Lima has 10,882,757 inhabitants.']),
})
introduce(editor, { agent: geographer, description: 'Knows places.' })
const session = new ChatSession({ user: new ChatUser({ id: 'ada' }), agent: editor })

const exporter = new InMemorySpanExporter() // yours sends them to a collector
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const hooks = tracing({ tracer: provider.getTracer('example') })
await run(session, 'Write a line on Lima and on Atlantis.', { hooks }).result

const spans = exporter.getFinishedSpans()
function show(within: string | undefined, indent = ''): void {
  for (const span of spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === within)) {
    const tokens = Number(span.attributes['gen_ai.usage.input_tokens'] ?? 0)
    const about = [tokens > 0 && `read ${tokens} tokens`, span.attributes['error.type']].filter(Boolean)
    console.log(indent + [span.name, ...about].join(', '))
    show(span.spanContext().spanId, `${indent}  `)
  }
}
show(undefined)

const recorded = JSON.stringify(spans.map(({ attributes, events }) => ({ attributes, events })))
console.log(`\nIs in them what was said? ${recorded.includes('Lima') ? 'Yes.' : 'No.'}`)
