// Views of items: what templates see of one. Its fields and the getters of its class, noted as they are read; nothing of
// it can be changed, and no secret is shown.
import type { LayerCell } from './cells.ts'
import { Combined } from './combined.ts'
import { isEntryClass } from './entry.ts'
import { RetinueError } from './errors.ts'
import { TEMPLATE } from './handle.ts'
import type { Layer } from './layers.ts'
import type { From, Pass, Read } from './pass.ts'
import type { Registration } from './registry.ts'
import { VIEW } from './filled-text.ts'

/** An item as templates see it: its fields, and the getters of its class. */
export function itemView(pass: Pass, from: From, entry: Registration): object {
  const View = viewClass(entry)
  return new View(pass, factsOf(from, entry))
}

/** What the views of an item have in common, whatever session they are of. */
interface Facts {
  readonly from: From
  readonly entry: Registration
  /** How each field is read again, and what it is called. */
  readonly again: readonly Read['again'][]
  readonly names: readonly string[]
  /** Reads whether it is there. */
  readonly isPresent: (layer: Layer) => boolean
}

const facts = new Combined<Facts>()

/** What views of an item note: it outlives them, and must not hold them. */
export function factsOf(from: From, entry: Registration): Facts {
  return (facts.at([from, entry]).result ??= makeFacts(from, entry))
}

function makeFacts(from: From, entry: Registration): Facts {
  const { fields } = entry.shape!
  return {
    from,
    entry,
    again: fields.map((_field, index) => (layer) => from(layer).cell(entry).read(index)),
    names: fields.map((field) => `${entry.key} ${field}`),
    isPresent: (layer) => from(layer).presence().has(entry.key),
  }
}

class ItemView {
  readonly #pass: Pass
  readonly #facts: Facts
  #cell: LayerCell | undefined

  constructor(pass: Pass, facts: Facts) {
    this.#pass = pass
    this.#facts = facts
    Object.freeze(this)
  }

  toJSON(): object {
    const shape = this.#facts.entry.shape!
    const shown = shape.fields.filter((_field, index) => shape.secret(index) === undefined)
    return Object.fromEntries(shown.map((field) => [field, (this as Record<string, unknown>)[field]]))
  }

  /** Reads a field and notes it. */
  static read(view: ItemView, index: number): unknown {
    const pass = view.#pass
    const { from, entry, again, names } = view.#facts
    const { key, shape } = entry
    const what = names[index]!
    if (shape!.secret(index) !== undefined) {
      throw new RetinueError('RETINUE_SECRET_REFUSED', `A template reads the secret ${what}.`, {
        hint: 'Secrets are for tools and providers, never for prompts.',
      })
    }
    const cell = (view.#cell ??= from(pass.layer).cell(entry))
    const value = cell.read(index)
    const source = cell.source(index)
    const stability =
      source === 'interaction' ? 'turn' : source === 'registry' || source === 'agent' ? 'static' : 'session'
    const { reads } = pass
    reads.note(key, again[index]!, value, stability, what)
    const { follows } = shape!.options
    if (follows !== undefined) reads.noteKey(`config.${follows.type}`)
    return value
  }

  static place(view: ItemView): string {
    return view.#pass.place(view.#facts.entry)
  }

  /** Of a section: the text of its template. */
  [TEMPLATE](): string {
    return this.#pass.template(this.#facts.entry)
  }
}

Object.defineProperty(ItemView.prototype, VIEW, { value: true })

const viewClasses = new WeakMap<object, typeof ItemView>()

/** The view class of a definition: made once, with an accessor for each field and each getter of the author's. */
function viewClass({ definition, shape, kind }: Registration): typeof ItemView {
  const known = viewClasses.get(definition)
  if (known !== undefined) return known
  const View = class extends ItemView {}
  shape!.fields.forEach((field, index) => {
    define(View.prototype, field, function (this: ItemView) {
      return ItemView.read(this, index)
    })
  })
  const getters = [...gettersOf(definition as { prototype: object })]
  for (const [name, get] of getters.reverse()) define(View.prototype, name, get)
  if (kind.name === 'section') {
    Object.defineProperty(View.prototype, 'render', {
      value(this: ItemView) {
        return ItemView.place(this)
      },
    })
  }
  viewClasses.set(definition, View)
  return View
}

function define(prototype: object, name: string, get: (this: never) => unknown): void {
  Object.defineProperty(prototype, name, { get, set: refuse, enumerable: true, configurable: true })
}

/** The getters that the author's classes add to the fields, those of the last subclass first. */
function* gettersOf({ prototype }: { prototype: object }): Iterable<readonly [string, () => unknown]> {
  for (let at: object = prototype; ; at = Object.getPrototypeOf(at) as object) {
    const { constructor } = at
    if (!isEntryClass(constructor) || Object.hasOwn(constructor, 'schema')) return
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (get !== undefined) yield [name, get]
    }
  }
}

/** What every write to a view does. */
export function refuse(): never {
  throw new RetinueError('RETINUE_VALUE_REFUSED', 'A template tried to change something.', {
    hint: 'Templates only look: make changes in code.',
  })
}
