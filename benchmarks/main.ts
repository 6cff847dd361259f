// Runs the benchmarks, prints the table and writes RESULTS.md: `pnpm bench`, or `pnpm bench read set` for some.
// Variants run in processes of their own, in rounds that take them in turn; a ratio is taken within a round, and the
// median of the rounds is what is reported, because the speed of a shared machine drifts.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { Bar, Case } from './case.ts'

interface Row {
  readonly what: string
  readonly figure: string
  readonly bar: string
  /** `undefined` where there is no bar. */
  readonly met: boolean | undefined
}

const rounds = 5
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const names = ['session', 'tool', 'read', 'set', 'prompt', 'save', 'restore', 'step', 'delta', 'history']
const wanted = process.argv.slice(2)
const chosen = (name: string): boolean => wanted.length === 0 || wanted.includes(name)

const rows: Row[] = []
const add = (...more: readonly Row[]): void => {
  for (const { what, figure, bar, met } of more)
    console.log(`${met === false ? '!' : ' '} ${what}: ${figure}${bar && ` (bar: ${bar})`}`)
  rows.push(...more)
}

if (chosen('import')) add(coldImport())
if (chosen('size')) add(await bundleSize())
for (const name of names) if (chosen(name)) add(...(await measured(name)))
if (chosen('durable')) add(durableSave())
if (chosen('first')) add(await firstAnswer())
if (chosen('concurrent')) add(...concurrent())
if (chosen('heap')) add(...heap())
if (wanted.length === 0) writeFileSync(here('RESULTS.md'), report())

function coldImport(): Row {
  const cpuMs = (code: string): number => {
    const script = `${code}; const { userCPUTime, systemCPUTime } = process.resourceUsage(); console.log((userCPUTime + systemCPUTime) / 1000)`
    return Number(output(['--input-type=module', '-e', script]))
  }
  const ratios = times(9, () => {
    const empty = cpuMs('0')
    return (cpuMs(`await import('@retinue/kernel')`) - empty) / (cpuMs(`await import('zod')`) - empty)
  })
  return against(
    'cold import of the packed kernel, over an empty process, against that of zod',
    median(ratios),
    1,
  )
}

async function bundleSize(): Promise<Row> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import * as kernel from '@retinue/kernel'; globalThis.kernel = kernel`,
      resolveDir: here('.'),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
  })
  const kB = gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1000
  return {
    what: 'the kernel with everything, bundled, minified, gzip',
    figure: `${kB.toFixed(1)} kB`,
    bar: '60 kB',
    met: kB <= 60,
  }
}

async function measured(name: string): Promise<Row[]> {
  const { default: found } = (await import(`./cases/${name}.ts`)) as { default: Case }
  const variants = Object.keys(found.variants)
  const figures = times(rounds, (round) => {
    const turn = [...variants.slice(round % variants.length), ...variants.slice(0, round % variants.length)]
    return Object.fromEntries(
      turn.map((variant) => [variant, Number(output([here('measure.ts'), name, variant]))]),
    )
  })
  return found.bars.map((bar) => rowOf(found.what, bar, figures))
}

function rowOf(what: string, bar: Bar, figures: readonly Readonly<Record<string, number>>[]): Row {
  const ns = median(figures.map((figure) => figure[bar.variant]!))
  if ('atMostNs' in bar) {
    const met = ns <= bar.atMostNs
    return {
      what: `${what} (${bar.variant})`,
      figure: `${(ns / 1000).toFixed(2)} µs`,
      bar: `${bar.atMostNs / 1000} µs`,
      met,
    }
  }
  const { beyond } = bar
  const added = figures.map((figure) => figure[bar.variant]! - (beyond ? figure[beyond.variant]! : 0))
  const addedThere = figures.map((figure) => figure[bar.against]! - (beyond ? figure[beyond.against]! : 0))
  const ratio = median(added.map((time, i) => time / addedThere[i]!))
  const title =
    bar.variant === 'retinue' && bar.against === 'bare'
      ? what
      : `${what}: ${bar.variant} against ${bar.against}`
  return against(title, ratio, bar.atMost, beyond === undefined ? ns : median(added))
}

function against(what: string, ratio: number, atMost?: number, ns?: number): Row {
  const show = (value: number): string =>
    value < 0.5 ? `1/${(1 / value).toFixed(1)} ×` : `${value.toFixed(2)} ×`
  const absolute =
    ns === undefined ? '' : `, ${ns < 1000 ? `${ns.toFixed(1)} ns` : `${(ns / 1000).toFixed(1)} µs`}`
  const figure = show(ratio) + absolute
  return atMost === undefined
    ? { what, figure, bar: '', met: undefined }
    : { what, figure, bar: show(atMost), met: ratio <= atMost }
}

function durableSave(): Row {
  const figures = times(
    3,
    () => JSON.parse(output([here('durable.ts')])) as { bare: number; retinue: number },
  )
  const ratio = median(figures.map(({ bare, retinue }) => retinue / bare))
  const what = 'the durable save of a turn (SQLite, FULL), against one bare insert, by the clock'
  return against(what, ratio, 2, median(figures.map(({ retinue }) => retinue)))
}

/**
 * CPU time, as that of the cold import; a shared machine makes wall time worthless here. The packages are those that
 * were built, and the program is made JavaScript before: stripping its types would be most of the figure.
 */
async function firstAnswer(): Promise<Row> {
  const { outputFiles } = await build({
    entryPoints: [here('first-answer.ts')],
    bundle: true,
    packages: 'external',
    write: false,
    format: 'esm',
  })
  const program = outputFiles[0]!.text
  const script =
    'const { userCPUTime, systemCPUTime } = process.resourceUsage(); console.log((userCPUTime + systemCPUTime) / 1000)'
  const ms = median(
    times(9, () => Number(output(['--input-type=module', '-e', program])) - Number(output(['-e', script]))),
  )
  return {
    what: 'a fresh process to its first answer with one tool call, over an empty process',
    figure: `${ms.toFixed(0)} ms`,
    bar: '60 ms',
    met: ms <= 60,
  }
}

function concurrent(): Row[] {
  const figures = times(rounds, () =>
    ['wire', 'retinue'].map(
      (who) => JSON.parse(output([here('concurrent.ts'), who])) as Record<string, number>,
    ),
  )
  const what = '1,000 runs at once, answers in 20 ms, two calls each'
  const cpu = median(figures.map(([wire, retinue]) => retinue!['cpuMs']! / wire!['cpuMs']!))
  const wall = median(figures.map(([, retinue]) => retinue!['wallMs']! / 40))
  return [
    against(`${what}: CPU of a run, against wire`, cpu, 2),
    against(`${what}: wall, against ideal`, wall, 2),
  ]
}

function heap(): Row[] {
  const { perSession, left } = JSON.parse(output(['--expose-gc', here('heap.ts'), '1000000'])) as Record<
    string,
    number
  >
  return [
    {
      what: 'heap of an untouched session',
      figure: `${Math.round(perSession!)} B`,
      bar: '1,000 B',
      met: perSession! <= 1000,
    },
    {
      what: 'heap after 1,000,000 sessions made, used and closed',
      figure: `${(left! / 1e6).toFixed(2)} MB`,
      bar: '2 MB',
      met: left! <= 2e6,
    },
  ]
}

function output(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: here('.'),
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim()
}

function times<T>(count: number, run: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => run(index))
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

/** The table anew; what people have written below it stays. */
function report(): string {
  const [, ...sections] = readFileSync(here('RESULTS.md'), 'utf8').split(/^(?=## )/m)
  const lines = rows.map(
    ({ what, figure, bar, met }) =>
      `| ${what} | ${figure} | ${bar} | ${met === undefined ? '' : met ? 'met' : '**not met**'} |`,
  )
  return [
    '# Results',
    '',
    `Made by \`pnpm bench\` on Node ${process.version}. CPU time; a ratio is the median of ${rounds} interleaved rounds,`,
    'each variant in a process of its own. Read a ratio as about right: single figures differ by a third from run to run.',
    '',
    '| what | figure | at most | |',
    '|---|---|---|---|',
    ...lines,
    '',
    ...sections,
  ].join('\n')
}
