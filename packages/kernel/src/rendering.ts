// Rendering: a section's text, made anew only when something that it read has changed. What was read is known by the
// items that were written to since the last pass, and where that does not say enough, by reading it again.
import type { Clock } from './accessors.ts'
import { setRenderer, type LayerCell } from './cells.ts'
import { RetinueError } from './errors.ts'
import type { Layer } from './layers.ts'
import { ANYTIME, Reads, volatility, type Pass } from './pass.ts'
import { estimateTokens, itemOf, type PlanItem } from './plan.ts'
import type { Origin, Registration } from './registry.ts'
import { madeOf, type DefinedClass } from './shape.ts'
import { compileTemplate, helpers, shownAs, whatOf, type Render, type Views } from './template.ts'
import type { Form, Slot, Stability, Template } from './types.ts'
import { sectionView, viewNames, viewsOf } from './view.ts'

/** One part of a prompt: the text of a section, or the agent's instructions. */
export interface PromptPart {
  /** The type name of the section; `instructions` for those of the agent. */
  readonly section: string
  readonly text: string
  /** Of the instructions: `agent:` and its name as the package, without a version. */
  readonly origin: Origin
  /** An estimate: a token is about four characters. */
  readonly tokens: number
  readonly stability: Stability
  readonly slot: Slot
  readonly form: Form
}

/** What a section rendered to, and what it read for that. */
export interface Rendered {
  readonly part: PromptPart
  readonly reads: Reads
  readonly failure: RetinueError | undefined
  /** By what its claim of stability is false. */
  readonly refuted: string | undefined
  /** The pass that found last that it holds. */
  checked: number
}

/** What a session keeps from pass to pass. */
export interface Kept {
  readonly rendered: Map<string, Rendered>
  /** The sections that have read an item, by its key. */
  readonly readers: Map<string, Readers>
  /** Sections that are being rendered, the outermost first. */
  readonly path: PlanItem[]
  /** The version of the registry that it was rendered with. */
  readonly version: number
  /** How many passes there were. */
  passes: number
}

/** The sections that have read an item, the clock of its class, and how it stood when they were last looked through. */
interface Readers {
  readonly items: Set<PlanItem>
  readonly clock: Clock | undefined
  at: number
}

/** The number of a pass; how often much had changed at once, and presence could have flipped, when it began. */
interface Moment {
  readonly number: number
  readonly upheavals: number
  readonly epoch: number
}

/** What is kept where nothing was rendered yet. */
export function nothingKept(version: number): Kept {
  return { rendered: new Map(), readers: new Map(), path: [], version, passes: 0 }
}

/** The renderer of a layer, at the beginning of a pass. @throws {RETINUE_TEMPLATE_FAILED} in the middle of another */
export function beginPass(layer: Layer, kept: Kept, now: Date): Renderer {
  let renderer = layer.renderer as Renderer | undefined
  if (renderer?.kept !== kept) layer.renderer = renderer = new Renderer(layer, kept)
  renderer.begin(now)
  return renderer
}

/** Renders the sections of a layer, pass by pass. */
export class Renderer implements Pass {
  readonly layer: Layer
  readonly kept: Kept
  now = new Date(0)
  reads = new Reads()
  /** The pass that is under way, and the last one that came to its end. */
  #pass: Moment = { number: 0, upheavals: 0, epoch: 0 }
  #last: Moment | undefined
  /** What templates see, all and those of each section; made for the first section that is rendered. */
  #views: Views | undefined
  readonly #seen = new Map<Registration, Views>()
  readonly #renders: Map<string, Render>

  constructor(layer: Layer, kept: Kept) {
    this.layer = layer
    this.kept = kept
    // The names that a template sees change with the kinds.
    this.#renders = layer.registry.graph.memo('renders', () => new Map<string, Render>())
  }

  /** Begins a pass, which in the middle of another would take the place of that. */
  begin(now: Date): void {
    const under = this.kept.path.at(-1)
    if (under !== undefined) throw askedWithin(under)
    const { upheavals, epoch } = this.layer.domain
    this.#pass = { number: ++this.kept.passes, upheavals, epoch }
    this.now = now
  }

  /** The sections that may say something else than in the last pass; `undefined` where all may. */
  suspects(): readonly PlanItem[] | undefined {
    const last = this.#last
    const { number, upheavals, epoch } = this.#pass
    if (last?.number !== number - 1 || last.epoch !== epoch || last.upheavals !== upheavals) return undefined
    const found: PlanItem[] = []
    for (const readers of this.kept.readers.values()) {
      const { items, clock, at } = readers
      if (clock !== undefined) {
        if (clock.writes === at) continue
        readers.at = clock.writes
      }
      for (const item of items) found.push(item)
    }
    return found
  }

  /** Remembers from when on what happens is not known yet. */
  finish(): void {
    this.#last = this.#pass
  }

  /** Renders a section, or takes what it rendered to before if nothing that it read has changed. */
  render(item: PlanItem, form: Form): Rendered {
    const id = item.ids[form]
    const known = this.kept.rendered.get(id)
    if (known?.checked === this.#pass.number) return known
    if (known !== undefined && known.part.origin === item.origin && this.#holds(known)) {
      known.checked = this.#pass.number
      return known
    }
    const rendered = this.#renderNew(item, form)
    this.kept.rendered.set(id, rendered)
    for (const key of rendered.reads.keys) this.#readersOf(key).add(item)
    return rendered
  }

  #readersOf(key: string): Set<PlanItem> {
    const { readers } = this.kept
    let found = readers.get(key)
    if (found === undefined) {
      const clock = this.layer.registry.at(key)?.shape?.clock
      readers.set(key, (found = { items: new Set(), clock, at: -1 })) // -1: it may have been written to since it was read
    }
    return found.items
  }

  /** Renders a section within the template of the one under way. */
  place(entry: Registration): string {
    const item = itemOf(entry)
    const { path } = this.kept
    if (path.some((each) => each.key === item.key)) {
      const names = [...path.map((each) => each.name), item.name].join(' → ')
      throw new RetinueError('RETINUE_TEMPLATE_FAILED', `Sections render each other in a circle: ${names}.`, {
        hint: 'Let one of them render the next no more.',
      })
    }
    const { reads } = this
    let rendered: Rendered
    try {
      rendered = this.render(item, 'full')
    } finally {
      this.reads = reads
    }
    if (rendered.failure !== undefined) {
      reads.note(ANYTIME, () => NaN, NaN, 'static', '') // a template that catches it is rendered anew each time
      throw rendered.failure
    }
    reads.placed.push(item.key)
    reads.include(rendered.reads)
    return rendered.part.text
  }

  /** Renders a section's template alone: of a class with a render of its own, what `super.render()` gives. */
  template(entry: Registration): string {
    const { options, ids } = itemOf(entry)
    return this.#draw(entry, `${ids.full} template`, () => this.#templateOf(options.template))
  }

  #holds({ reads, failure }: Rendered): boolean {
    if (failure !== undefined) return false // the reads up to a failure may not be all that it depends on
    for (const { again, value } of reads.list) if (again(this.layer, this.now) !== value) return false
    return true
  }

  #renderNew(item: PlanItem, form: Form): Rendered {
    const reads = (this.reads = new Reads())
    let text = ''
    let failure: RetinueError | undefined
    this.kept.path.push(item)
    try {
      text = this.#textOf(item, form)
    } catch (error) {
      reads.placed.length = 0 // what was placed here stands in its own place again
      reads.noteKey(ANYTIME) // and it is tried again each time
      failure = failureOf(item, error)
      if (item.options.required === true || failure.code === 'RETINUE_TEMPLATE_FORBIDDEN') throw failure
    } finally {
      this.kept.path.pop()
    }
    const { name: section, origin, stability, slot } = item
    const part: PromptPart = Object.freeze({
      section,
      text,
      origin,
      tokens: estimateTokens(text),
      stability,
      slot,
      form,
    })
    return { part, reads, failure, refuted: refutationOf(item, reads), checked: this.#pass.number }
  }

  #textOf(item: PlanItem, form: Form): string {
    const { entry, text, ids } = item
    if (text?.plain) return text.fill({})
    return entry === undefined
      ? text!.fill(this.#viewsOfAll())
      : this.#draw(entry, ids[form], () => this.#renderOf(item, form))
  }

  /** What a section says, in a way that is made once for all sessions. */
  #draw(entry: Registration, id: string, make: () => Render): string {
    let render = this.#renders.get(id)
    if (render === undefined) this.#renders.set(id, (render = make()))
    let views = this.#seen.get(entry)
    if (views === undefined) {
      views = Object.freeze({ ...this.#viewsOfAll(), section: sectionView(this, entry) })
      this.#seen.set(entry, views)
    }
    return render(views).trim()
  }

  #viewsOfAll(): Views {
    return (this.#views ??= { ...viewsOf(this), ...helpers })
  }

  /** How a section comes to its text in a form. */
  #renderOf({ entry, options }: PlanItem, form: Form): Render {
    if (form === 'summary') return this.#templateOf(options.summary)
    const own = ownRender(entry!.definition as unknown as DefinedClass)
    return own === undefined
      ? this.#templateOf(options.template)
      : ({ section }) => shownAs(own.call(section))
  }

  #templateOf(template: Template | undefined): Render {
    return template === undefined ? () => '' : compileTemplate(template, viewNames(this.layer.registry.kinds))
  }
}

setRenderer(({ layer, entry }: LayerCell) => {
  const renderer = new Renderer(layer, nothingKept(layer.registry.version))
  renderer.begin(new Date())
  const item = itemOf(entry)
  if (ownRender(entry.definition as unknown as DefinedClass) === undefined) {
    const { part, failure } = renderer.render(item, 'full')
    if (failure !== undefined) throw failure
    return part.text
  }
  try {
    return renderer.template(entry) // whose class has a render of its own comes here by super.render()
  } catch (error) {
    throw failureOf(item, error)
  }
})

interface Rendering {
  readonly render?: (this: unknown) => unknown
}

/** The `render` of a class, where it has another than every section has. */
function ownRender(definition: DefinedClass): Rendering['render'] {
  const { render }: Rendering = definition.prototype
  const made: Rendering = madeOf(definition).prototype
  return made.render === render ? undefined : render
}

function refutationOf({ name, stability }: PlanItem, reads: Reads): string | undefined {
  return volatility[reads.stability] > volatility[stability]
    ? `'${name}' claims to be '${stability}' but reads ${reads.least}, which changes by ${reads.stability}.`
    : undefined
}

function askedWithin({ name }: PlanItem): RetinueError {
  return new RetinueError(
    'RETINUE_TEMPLATE_FAILED',
    `'${name}' asks for the prompt that it is being rendered for.`,
    { hint: 'Let it read context, session and user as templates see them; section.render() places another.' },
  )
}

function failureOf({ name, origin, entry }: PlanItem, error: unknown): RetinueError {
  if (error instanceof RetinueError && error.details.section !== undefined) return error
  const { code, hint, details } =
    error instanceof RetinueError
      ? error
      : { code: 'RETINUE_TEMPLATE_FAILED' as const, hint: undefined, details: {} }
  const where = entry === undefined ? name : `section '${name}' of ${origin.package}@${origin.version}`
  return new RetinueError(code, `The ${where} can't be rendered: ${whatOf(error)}`, {
    cause: error,
    hint,
    details: { ...details, section: name, package: origin.package },
  })
}
