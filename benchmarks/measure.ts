// One variant of one case, measured in a process of its own so that variants share no inline caches: prints the CPU
// time of an operation in nanoseconds, the least of several samples. CPU time counts all threads, the collector's too.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import type { Case } from './case.ts'

const [file, variant] = process.argv.slice(2) as [string, string]
const { default: found } = (await import(`./cases/${file}.ts`)) as { default: Case }
const { ops, run } = await found.variants[variant]!()

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

await times(1) // fails here where a variant is wrong
// Warms up for as long as the runtime takes to compile what runs often, which for a whole run is more than a second.
let repeat = 1
const start = cpuMs()
while (cpuMs() - start < 2000) {
  const before = cpuMs()
  await times(repeat)
  if (cpuMs() - before < 25) repeat *= 2
}
let least = Infinity
for (let sample = 0; sample < 9; sample++) {
  const before = cpuMs()
  await times(repeat)
  least = Math.min(least, (cpuMs() - before) / repeat)
}
console.log(JSON.stringify((least * 1e6) / ops))

/**
 * Waits only for what is to be waited for, and then gives the event loop a turn: a model at the end of a wire brings
 * many, and without any the runtime keeps all that is weakly held. What is synchronous has no part of it.
 */
async function times(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const done = run()
    if (!(done instanceof Promise)) continue
    await done
    await turnOfTheLoop()
  }
}
