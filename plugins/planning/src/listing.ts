// How tasks are written for the model: a line each, number first, indented by level, with what is not usual behind it.
import { above, isOpen, type Task } from './plan.ts'

/** How much of a title and of a note one line of the prompt shows, in characters. */
const shownTitleLength = 100
const shownNoteLength = 100

/** All about tasks: their lines, each followed by its notes. */
export function details(tasks: readonly Task[]): string {
  return tasks
    .flatMap((task) => [
      line(task, task.title),
      ...(task.notes ?? []).map(
        (note) => `${indent(task)}  - ${note.replaceAll('\n', `\n${indent(task)}    `)}`,
      ),
    ])
    .join('\n')
}

/** The lines of tasks, without their notes. */
export function lines(tasks: readonly Task[]): string {
  return tasks.map((task) => line(task, task.title)).join('\n')
}

/**
 * What is open, in few lines however large the plan is: first what is under way or blocked, then what comes next, with
 * the tasks above them; then how much more there is. Nothing where nothing is open.
 */
export function openLines(tasks: readonly Task[], maxLines: number): string {
  const open = tasks.flatMap((task, index) => (isOpen(task) ? [index] : []))
  const isWaiting = (index: number): boolean => tasks[index]!.state === 'todo'
  const shown = new Set<number>()
  for (const index of [...open.filter((each) => !isWaiting(each)), ...open.filter(isWaiting)]) {
    if (shown.size >= maxLines) break
    shown.add(index)
    for (const higher of above(tasks, index)) shown.add(higher)
  }
  const hidden = open.filter((index) => !shown.has(index)).length
  return [
    ...[...shown].sort((a, b) => a - b).map((index) => openLine(tasks[index]!)),
    ...(hidden > 0 ? [`… and ${hidden} more open; planning_show lists all.`] : []),
  ].join('\n')
}

function openLine(task: Task): string {
  const note = task.state === 'blocked' ? task.notes?.at(-1) : undefined
  return (
    line(task, cut(task.title, shownTitleLength)) +
    (note === undefined ? '' : `: ${cut(note, shownNoteLength)}`)
  )
}

function line(task: Task, title: string): string {
  const { id, state, signOff } = task
  const remarks = [
    ...(state === 'todo' ? [] : [state]),
    ...(signOff === 'wanted' && isOpen(task) ? ['needs sign-off'] : []),
    ...(signOff === 'given' ? ['signed off'] : []),
  ]
  return `${indent(task)}${id} ${title}${remarks.length === 0 ? '' : ` (${remarks.join(', ')})`}`
}

function indent({ level }: Task): string {
  return '  '.repeat(level)
}

function cut(text: string, length: number): string {
  const flat = text.replace(/\s+/g, ' ')
  return flat.length <= length ? flat : `${flat.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
