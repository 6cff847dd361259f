// Rendering: a section's text, made anew only when something that it read has changed. What was read is known by the
// items that were written to since the last pass, and where that does not say enough, by reading it again.
import { setRenderer, type LayerCell } from './cells.ts'
import { RetinueError } from './errors.ts'
import type { Layer } from './layers.ts'
import { estimateTokens, itemOf, type Item } from './plan.ts'
import type { Origin, Registration } from './registry.ts'
import type { DefinedClass } from './shape.ts'
import { compileTemplate, helpers, shownAs, whatOf, type Render, type Shared } from './template.ts'
import type { Form, Slot, Stability } from './types.ts'
import { Reads, sectionView, viewNames, viewsOf, type Pass } from './view.ts'

/** One part of a prompt: the text of a section, or the agent's instructions. */
export interface PromptPart {
  /** The type name of the section; `instructions` for those of the agent. */
  readonly section: string
  readonly text: string
  readonly origin: Origin
  /** An estimate: a token is about four characters. */
  readonly tokens: number
  readonly stability: Stability
  readonly slot: Slot
  readonly form: Form
}

/** What a section rendered to, and what it read for that. */
export interface Rendered {
  readonly text: string
  readonly reads: Reads
  readonly placed: readonly string[]
  readonly failure: RetinueError | undefined
  readonly part: PromptPart
  /** The pass that found last that it holds. */
  checked: number
}

/** What a session keeps from pass to pass. */
export interface Kept {
  readonly rendered: Map<string, Rendered>
  /** The version of the registry that it was rendered with. */
  readonly version: number
  /** For whom the last pass was, and what templates saw in it. */
  stage: { readonly pass: Pass; readonly views: Shared } | undefined
  /** How many passes there were. */
  passes: number
  /** How much had been written, and could have flipped presence, when the last pass was over. */
  writes: number
  epoch: number
}

/** What is kept where nothing was rendered yet. */
export function nothingKept(version: number): Kept {
  return { rendered: new Map(), version, stage: undefined, passes: 0, writes: -1, epoch: -1 }
}

/** One pass over the sections of a layer. */
export class Renderer {
  readonly #layer: Layer
  readonly #kept: Kept
  readonly #pass: Pass
  readonly #views: Shared
  /** The items that were written to since the last pass for this layer; `undefined` where anything may have changed. */
  readonly #written: ReadonlySet<string> | undefined
  readonly #number: number
  /** Sections that are being rendered, the outermost first. */
  readonly #path: Item[] = []

  constructor(layer: Layer, kept: Kept, now: Date) {
    this.#layer = layer
    this.#kept = kept
    this.#number = ++kept.passes
    const { domain } = layer
    if (kept.stage?.pass.layer === layer && kept.epoch === domain.epoch)
      this.#written = domain.writtenSince(kept.writes)
    if (kept.stage?.pass.layer !== layer) {
      const pass: Pass = { layer, now, reads: new Reads(), place: () => '', sections: new Map() }
      kept.stage = { pass, views: { ...viewsOf(pass), ...helpers } }
    }
    this.#pass = kept.stage!.pass
    this.#views = kept.stage!.views
    this.#pass.now = now
  }

  /** Remembers up to where everything is known. */
  finish(): void {
    const { domain } = this.#layer.registry
    this.#kept.writes = domain.writes
    this.#kept.epoch = domain.epoch
  }

  /** Renders a section, or takes what it rendered to before if nothing that it read has changed. */
  render(item: Item, form: Form): Rendered {
    const id = item.ids[form]
    const known = this.#kept.rendered.get(id)
    if (known?.checked === this.#number) return known
    if (known !== undefined && known.part.origin === item.origin && this.#holds(known)) {
      known.checked = this.#number
      return known
    }
    const rendered = this.#renderNew(item, form)
    this.#kept.rendered.set(id, rendered)
    return rendered
  }

  /** Renders a section within the template of another. */
  #place(entry: Registration, placed: string[], reads: Reads): string {
    const item = itemOf(entry)
    if (this.#path.some((each) => each.key === item.key)) {
      const names = [...this.#path.map((each) => each.name), item.name].join(' → ')
      throw new RetinueError('RETINUE_TEMPLATE_FAILED', `Sections render each other in a circle: ${names}.`)
    }
    const pass = this.#pass
    const { place } = pass
    let rendered: Rendered
    try {
      rendered = this.render(item, 'full')
    } finally {
      pass.reads = reads
      pass.place = place
    }
    if (rendered.failure !== undefined) {
      reads.note(undefined, () => NaN, NaN, 'static', '') // a template that catches it is rendered anew each time
      throw rendered.failure
    }
    placed.push(item.key, ...rendered.placed)
    reads.include(rendered.reads)
    return rendered.text
  }

  #holds({ reads, failure, checked }: Rendered): boolean {
    if (failure !== undefined) return false // the reads up to a failure may not be all that it depends on
    const written = checked === this.#number - 1 ? this.#written : undefined
    if (written !== undefined && !reads.loose && isDisjoint(written, reads.keys)) return true
    const { now } = this.#pass
    for (const { again, value } of reads.list) if (again(this.#layer, now) !== value) return false
    return true
  }

  #renderNew(item: Item, form: Form): Rendered {
    const pass = this.#pass
    const reads = (pass.reads = new Reads())
    const placed: string[] = []
    pass.place = (entry) => this.#place(entry, placed, reads)
    let text = ''
    let failure: RetinueError | undefined
    this.#path.push(item)
    try {
      text = textOf(item, form, pass, this.#views)
    } catch (error) {
      placed.length = 0 // what was placed here stands in its own place again
      failure = failureOf(item, error)
      if (item.options.required === true || failure.code === 'RETINUE_TEMPLATE_FORBIDDEN') throw failure
    } finally {
      this.#path.pop()
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
    return { text, reads, placed, failure, part, checked: this.#number }
  }
}

/** Whether none of the few is among the many. */
function isDisjoint(few: ReadonlySet<string>, many: ReadonlySet<string>): boolean {
  for (const key of few) if (many.has(key)) return false
  return true
}

setRenderer(({ layer, entry }: LayerCell) => {
  const renderer = new Renderer(layer, nothingKept(layer.registry.version), new Date())
  const { text, failure } = renderer.render(itemOf(entry), 'full')
  if (failure !== undefined) throw failure
  return text
})

function textOf(item: Item, form: Form, pass: Pass, shared: Shared): string {
  const { entry } = item
  if (entry === undefined) return item.text!.fill(shared)
  const section = sectionView(pass, entry)
  const { definition } = entry
  const own = (definition as unknown as { prototype: { render: () => string } }).prototype.render
  if (form !== 'summary' && !isInherited(definition as unknown as DefinedClass, own)) {
    return shownAs(own.call(section as never)).trim()
  }
  const template = form === 'summary' ? item.options.summary : item.options.template
  if (template === undefined) return ''
  const { graph, kinds } = pass.layer.registry
  const renders = graph.memo('renders', () => new Map<string, Render>()) // their names change with the kinds
  const id = item.ids[form]
  let render = renders.get(id)
  if (render === undefined) renders.set(id, (render = compileTemplate(template, viewNames(kinds))))
  return render({ ...shared, section }).trim()
}

/** Whether a class has only the `render` that every section has. */
function isInherited(definition: DefinedClass, render: unknown): boolean {
  let at = definition as unknown as { prototype: object }
  while (!Object.hasOwn(at, 'schema')) at = Object.getPrototypeOf(at) as { prototype: object }
  return (at.prototype as { render?: unknown }).render === render
}

function failureOf({ name, origin, entry }: Item, error: unknown): RetinueError {
  if (error instanceof RetinueError && error.details.section !== undefined) return error
  const { code, hint, details } =
    error instanceof RetinueError
      ? error
      : { code: 'RETINUE_TEMPLATE_FAILED' as const, hint: undefined, details: {} }
  const where = entry === undefined ? name : `section '${name}' of ${origin.package}@${origin.version}`
  return new RetinueError(code, `The ${where} can't be rendered: ${whatOf(error)}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
    details: { ...details, section: name, package: origin.package },
  })
}
