// A process from nothing to a first answer with one tool call: prints the CPU time in milliseconds that it has used.
import { run } from '@retinue/agent'
import { providerModel, sessions, WireModel } from './loop.ts'

const { text } = await run(sessions()(), 'Read it.', { model: providerModel(new WireModel(1)) }).result
if (text !== 'It is all there.') throw new Error(text)
const { userCPUTime, systemCPUTime } = process.resourceUsage()
console.log((userCPUTime + systemCPUTime) / 1000)
