// Reads an outline as a model writes one: a line for each task, indented below the task that it is a part of. Bullets,
// numbers and empty boxes before a title are the outline's, not the title's.
import { failure } from './errors.ts'
import { maxTitleLength, type Task } from './plan.ts'

/** The most characters of one outline. */
export const maxOutlineLength = 50_000

const bullet = /^(?:[-*+•]|\d{1,4}[.)])(?:\s+|$)/
const box = /^\[ ?\]\s+/

/**
 * Gives the tasks of an outline, the first at level 0.
 * @throws {RETINUE_PLANNING_OUTLINE}
 */
export function readOutline(text: string): Pick<Task, 'level' | 'title'>[] {
  const indents: number[] = []
  const tasks = text.split(/\r\n|\r|\n/).flatMap((line) => {
    const title = titleOf(line)
    if (title === '') return []
    const indent = widthOf(line)
    while (indents.length > 0 && indents.at(-1)! >= indent) indents.pop()
    return [{ level: indents.push(indent) - 1, title }]
  })
  if (tasks.length > 0) return tasks
  throw failure('RETINUE_PLANNING_OUTLINE', 'The outline has no task.', 'Write one task a line.')
}

function titleOf(line: string): string {
  const title = line.trim().replace(bullet, '').replace(box, '').trim()
  if (title.length <= maxTitleLength) return title
  throw failure(
    'RETINUE_PLANNING_OUTLINE',
    `The task '${title.slice(0, 40)}…' has ${title.length} characters; a title has at most ${maxTitleLength}.`,
    'Say it shorter, and put the rest into notes.',
  )
}

/** How far a line is indented; a tab goes on to the next fourth column. */
function widthOf(line: string): number {
  let width = 0
  for (const character of line) {
    if (character === '\t') width += 4 - (width % 4)
    else if (character === ' ') width++
    else break
  }
  return width
}
