// The plan as it is kept: one list in the order of an outline, each task with its level. What is below a task follows
// it, so nothing can hang in the air or in a circle, whatever a snapshot brings. All here is pure: plan in, plan out.
import { type Frozen, type Static, Type } from '@retinue/kernel'
import { failure } from './errors.ts'

/** The most tasks of one plan, levels of nesting, characters of a title, and notes of a task. */
export const maxTasks = 1000
export const maxLevels = 8
export const maxTitleLength = 200
export const maxNotes = 50

/** How a task stands. The last two are closed, the others open. */
export const State = Type.Enum(['todo', 'doing', 'blocked', 'done', 'dropped'], { type: 'string' })
export type State = Static<typeof State>

/** A text of one line. */
export const Title = Type.String({
  minLength: 1,
  maxLength: maxTitleLength,
  pattern: '^[^\\S\\r\\n]*\\S[^\\r\\n]*$', // blanks, then what is none, in one way only: a title may come without end
})

/** What was found out about a task. */
export const Note = Type.String({ minLength: 1, maxLength: 1000 })

/** A task as it is kept. */
export const Task = Type.Object({
  /** Given once, and to no other task later. */
  id: Type.Integer({ minimum: 1 }),
  /** How deep it is nested: those at level 0 are the plans. */
  level: Type.Integer({ minimum: 0, maximum: maxLevels - 1 }),
  title: Title,
  state: State,
  notes: Type.Optional(Type.Array(Note, { maxItems: maxNotes })),
  /** Whether it is done only when a person says so, and whether one has. */
  signOff: Type.Optional(Type.Union([Type.Literal('wanted'), Type.Literal('given')])),
})
export type Task = Frozen<Static<typeof Task>>

/** The fields of a plan. */
export interface Plan {
  readonly tasks: readonly Task[]
  /** The last id that was given. */
  readonly lastId: number
}

/** Where tasks go: to the end below a task (0: to the end of all), or before one and to its level. */
export interface Place {
  readonly under?: number | undefined
  readonly before?: number | undefined
}

/** What may be changed about a task. */
export interface Change extends Place {
  readonly id: number
  readonly state?: State | undefined
  readonly title?: string | undefined
  readonly note?: string | undefined
  readonly signOff?: boolean | undefined
}

/** Tells whether there is still something to do about a task. */
export function isOpen({ state }: Task): boolean {
  return state !== 'done' && state !== 'dropped'
}

/** The place of a task in the list. @throws {RETINUE_PLANNING_TASK} */
export function indexOf(tasks: readonly Task[], id: number): number {
  const index = tasks.findIndex((task) => task.id === id)
  if (index >= 0) return index
  throw failure('RETINUE_PLANNING_TASK', `There is no task ${id}.`, 'Look the number up with planning_show.')
}

/** Where what is below the task at an index ends. */
export function endOf(tasks: readonly Task[], index: number): number {
  const end = tasks.findIndex(({ level }, i) => i > index && level <= tasks[index]!.level)
  return end < 0 ? tasks.length : end
}

/** The tasks above the one at an index, the nearest first. */
export function* above(tasks: readonly Task[], index: number): Iterable<number> {
  let { level } = tasks[index]!
  for (let i = index - 1; i >= 0 && level > 0; i--) {
    if (tasks[i]!.level >= level) continue
    level = tasks[i]!.level
    yield i
  }
}

/**
 * Puts new tasks in their place; those that are given have the levels of an outline.
 * @throws {RETINUE_PLANNING_TASK}, {RETINUE_PLANNING_ORDER}, {RETINUE_PLANNING_FULL}, {RETINUE_PLANNING_OUTLINE}
 */
export function add(
  { tasks, lastId: given }: Plan,
  outline: readonly Pick<Task, 'level' | 'title'>[],
  place: Place,
): Plan {
  const lastId = tasks.reduce((last, { id }) => Math.max(last, id), given) // whoever writes a plan may forget it
  const added = outline.map(({ level, title }, i): Task => ({
    id: lastId + 1 + i,
    level,
    title,
    state: 'todo',
  }))
  if (tasks.length + added.length > maxTasks) {
    throw failure(
      'RETINUE_PLANNING_FULL',
      `A plan has at most ${maxTasks} tasks; this would make it ${tasks.length + added.length}.`,
      'Remove what is closed with planning_remove, or plan in larger steps.',
    )
  }
  return { tasks: placed(tasks, added, place), lastId: lastId + added.length }
}

/**
 * Changes a task. Dropping one drops what is open below it.
 * @throws {RETINUE_PLANNING_TASK}, {RETINUE_PLANNING_ORDER}, {RETINUE_PLANNING_FULL}, {RETINUE_PLANNING_OUTLINE}
 */
export function change(
  tasks: readonly Task[],
  { id, state, title, note, signOff, ...place }: Change,
): Task[] {
  let next = [...tasks]
  const index = indexOf(next, id)
  const task = next[index]!
  const staysClosed = !isOpen(task) && !isOpen({ ...task, state: state ?? task.state })
  if (signOff === true && staysClosed) {
    throw failure(
      'RETINUE_PLANNING_ORDER',
      `Task ${id} is ${task.state}, so there is nothing to sign off.`,
      "Leave signOff out, or open the task again with the state 'doing'.",
    )
  }
  if (signOff === false && task.signOff === 'wanted') {
    throw failure(
      'RETINUE_PLANNING_ORDER',
      `Task ${id} is done when a person has signed it off, and that can't be taken back.`,
      'Leave signOff out, or drop the task.',
    )
  }
  next[index] = {
    ...task,
    ...(title !== undefined && { title }),
    ...(note !== undefined && { notes: noted(task, note) }),
    ...(signOff === true && { signOff: 'wanted' as const }),
  }
  if (state !== undefined) next = withState(next, index, state)
  return place.under === undefined && place.before === undefined ? next : moved(next, index, place)
}

/** Closes a task because a person has agreed. @throws {RETINUE_PLANNING_TASK}, {RETINUE_PLANNING_ORDER} */
export function signOff(tasks: readonly Task[], id: number, summary: string): Task[] {
  const index = indexOf(tasks, id)
  const task = tasks[index]!
  const signed = [...tasks]
  signed[index] = { ...task, notes: noted(task, summary), signOff: 'given' }
  return withState(signed, index, 'done')
}

/** Takes a closed task out, with what is below it. @throws {RETINUE_PLANNING_TASK}, {RETINUE_PLANNING_ORDER} */
export function remove(tasks: readonly Task[], id: number): Task[] {
  const index = indexOf(tasks, id)
  const open = tasks.slice(index, endOf(tasks, index)).filter(isOpen)
  if (open.length === 0) return [...tasks.slice(0, index), ...tasks.slice(endOf(tasks, index))]
  throw failure(
    'RETINUE_PLANNING_ORDER',
    `Task ${id} is not over: ${numbers(open)} open.`,
    "Give it the state 'done' or 'dropped' first.",
  )
}

function withState(tasks: readonly Task[], index: number, state: State): Task[] {
  const task = tasks[index]!
  const below = tasks.slice(index + 1, endOf(tasks, index)).filter(isOpen)
  if (state === 'done' && task.signOff === 'wanted' && task.state !== 'done') {
    throw failure(
      'RETINUE_PLANNING_ORDER',
      `Task ${task.id} is done when a person has signed it off.`,
      'Ask for that with planning_sign_off.',
    )
  }
  if (state === 'done' && below.length > 0) {
    throw failure(
      'RETINUE_PLANNING_ORDER',
      `Task ${task.id} can't be done: below it ${numbers(below)} open.`,
      'Close these first, in the same call if you like.',
    )
  }
  if (isOpen({ ...task, state })) refuseBelowClosed(tasks, above(tasks, index))
  const { signOff, ...rest } = task
  const again = signOff === 'given' && state !== 'done' ? 'wanted' : signOff // who agreed, agreed to the end it had
  const dropped = new Set(state === 'dropped' ? below : [])
  return tasks.map((each) => {
    if (each === task) return { ...rest, state, ...(again !== undefined && { signOff: again }) }
    return dropped.has(each) ? { ...each, state } : each
  })
}

function moved(tasks: readonly Task[], index: number, place: Place): Task[] {
  const end = endOf(tasks, index)
  const part = tasks.slice(index, end)
  const target = part.find(({ id }) => id === place.before || id === place.under)
  if (target !== undefined) {
    throw failure(
      'RETINUE_PLANNING_ORDER',
      `Task ${part[0]!.id} can't be moved into itself.`,
      'Name a task that is not below it.',
    )
  }
  const level = part[0]!.level
  return placed(
    [...tasks.slice(0, index), ...tasks.slice(end)],
    part.map((task) => ({ ...task, level: task.level - level })),
    place,
  )
}

/** Puts a part, whose first task is at level 0, in its place. */
function placed(tasks: readonly Task[], part: readonly Task[], { under, before }: Place): Task[] {
  const next = before === undefined ? undefined : indexOf(tasks, before)
  const parent = next === undefined && under ? indexOf(tasks, under) : undefined
  const at = next ?? (parent === undefined ? tasks.length : endOf(tasks, parent))
  const level = next !== undefined ? tasks[next]!.level : parent !== undefined ? tasks[parent]!.level + 1 : 0
  if (part.some(isOpen)) {
    if (next !== undefined) refuseBelowClosed(tasks, above(tasks, next))
    if (parent !== undefined) refuseBelowClosed(tasks, [parent, ...above(tasks, parent)])
  }
  const fitted = part.map((task) => ({ ...task, level: task.level + level }))
  if (fitted.every((task) => task.level < maxLevels))
    return [...tasks.slice(0, at), ...fitted, ...tasks.slice(at)]
  throw failure(
    'RETINUE_PLANNING_OUTLINE',
    `Tasks are nested ${maxLevels} deep at most.`,
    'Put these higher up.',
  )
}

function refuseBelowClosed(tasks: readonly Task[], indexes: Iterable<number>): void {
  for (const index of indexes) {
    const task = tasks[index]!
    if (isOpen(task)) continue
    throw failure(
      'RETINUE_PLANNING_ORDER',
      `Task ${task.id} is ${task.state}, so nothing below it can be open.`,
      "Give that one the state 'doing' first.",
    )
  }
}

function noted({ id, notes = [] }: Task, note: string): readonly string[] {
  if (notes.length < maxNotes) return [...notes, note]
  throw failure(
    'RETINUE_PLANNING_FULL',
    `Task ${id} has ${maxNotes} notes, and can take no more.`,
    'Add a task below it for what is new.',
  )
}

function numbers(tasks: readonly Task[]): string {
  const shown = tasks.slice(0, 10).map(({ id }) => id)
  const more = tasks.length > 10 ? ` and ${tasks.length - 10} more` : ''
  return `${shown.join(', ')}${more} ${tasks.length === 1 ? 'is' : 'are'}`
}
