// A thousand runs at once over a model that answers after 20 ms, two calls each: prints the CPU time of a run and the
// wall time of them all, in milliseconds. `node concurrent.ts wire` or `retinue`.
import { run } from '@retinue/agent'
import { providerModel, sessions, wireLoop, WireModel } from './loop.ts'

const count = 1000
const sessionOf = sessions()

async function one(): Promise<string> {
  const wire = new WireModel(1, 20)
  if (process.argv[2] === 'wire') return wireLoop(wire)
  const session = sessionOf()
  const { text } = await run(session, 'Read it.', { model: providerModel(wire) }).result
  session.close()
  return text
}

async function all(): Promise<{ cpuMs: number; wallMs: number }> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const texts = await Promise.all(Array.from({ length: count }, one))
  if (texts.some((text) => text !== 'It is all there.')) throw new Error(texts[0])
  const { user, system } = process.cpuUsage(cpu)
  return { cpuMs: (user + system) / 1000 / count, wallMs: performance.now() - wall }
}

for (let i = 0; i < 10; i++) await all()
const samples = [await all(), await all(), await all(), await all(), await all()]
const least = (key: 'cpuMs' | 'wallMs'): number => Math.min(...samples.map((sample) => sample[key]))
console.log(JSON.stringify({ cpuMs: least('cpuMs'), wallMs: least('wallMs') }))
