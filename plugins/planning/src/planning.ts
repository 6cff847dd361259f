// The plugin as it is seen from outside: a context that holds the plan, a section that shows what is open, and the
// tools that work on it. The plan's rules are in files of their own. Importing this file registers nothing; `index`
// does.
import {
  Context,
  definePlugin,
  defineTool,
  defineToolset,
  type RunContext,
  Section,
  Type,
} from '@retinue/kernel'
import { details, lines, openLines } from './listing.ts'
import { maxOutlineLength, readOutline } from './outline.ts'
import { add, change, endOf, indexOf, maxTasks, Note, remove, signOff, State, Task, Title } from './plan.ts'

/** What is planned: tasks in the order of an outline. Those at level 0 are the plans, what is below them its tasks. */
export class WorkPlan extends Context('plan', {
  tasks: Type.Array(Task, { default: [], maxItems: maxTasks }),
  lastId: Type.Integer({ default: 0, minimum: 0 }),
}) {}

const howToPlan = `Plan work of several steps with the planning tools before you begin. Say what you are doing and what is done as you go, and write down in notes what a later step must know.`

/** Tells the model how to plan, and what is open: at the end, since it changes more often than others do. */
export class PlanningSection extends Section(
  'planning',
  { maxTasks: Type.Integer({ default: 20, minimum: 1, description: 'About how many open tasks it shows.' }) },
  {
    slot: 'end',
    stability: 'session',
    needs: [WorkPlan],
    // A function, since a text would be compiled, which some runtimes forbid.
    template({ section, interactionContext }) {
      const open = openLines(interactionContext.context.plan?.tasks ?? [], section.maxTasks)
      return open === '' ? howToPlan : `${howToPlan}\n\nThe open tasks, each with its number:\n${open}`
    },
  },
) {}

const id = Type.Integer({ minimum: 1, description: 'The number of a task.' })
const under = Type.Optional(
  Type.Integer({ minimum: 0, description: 'Puts it last among those below this task; 0: last of all.' }),
)
const before = Type.Optional(Type.Integer({ minimum: 1, description: 'Puts it before this task.' }))

/** The tools to plan with. */
export const planning = defineToolset('planning', {
  needs: [WorkPlan, PlanningSection],
  tools: {
    add: defineTool({
      description: 'Adds tasks to the plan, and tells their numbers.',
      input: Type.Object({
        outline: Type.String({
          minLength: 1,
          maxLength: maxOutlineLength,
          description: 'One task a line, indented by two spaces below the task that it is a part of.',
        }),
        under,
        before,
      }),
      execute({ outline, under, before }, run) {
        const plan = planOf(run)
        const next = add(plan, readOutline(outline), { under, before })
        const known = new Set(plan.tasks.map(({ id }) => id))
        const added = next.tasks.filter(({ id }) => !known.has(id))
        plan.$patch(next)
        return `Added:\n${lines(added)}`
      },
    }),

    update: defineTool({
      description:
        'Changes tasks: how they stand, their titles and places. All of the changes are made, or none.',
      input: Type.Object({
        changes: Type.Array(
          Type.Object({
            id,
            state: Type.Optional(State),
            title: Type.Optional(Title),
            note: Type.Optional(Note),
            signOff: Type.Optional(
              Type.Boolean({ description: 'Lets it be done only when a person has signed it off.' }),
            ),
            under,
            before,
          }),
          { minItems: 1, maxItems: 100 },
        ),
      }),
      execute({ changes }, run) {
        const plan = planOf(run)
        const tasks = changes.reduce<readonly Task[]>(change, plan.tasks)
        plan.tasks = tasks
        const changed = new Set(changes.map((each) => each.id))
        return `Changed:\n${lines(tasks.filter((task) => changed.has(task.id)))}`
      },
    }),

    show: defineTool({
      description: 'Shows all tasks with their notes, closed ones too, or those of one task.',
      input: Type.Object({
        id: Type.Optional(id),
        offset: Type.Optional(
          Type.Integer({ minimum: 1, description: 'The first one to show, counted from 1.' }),
        ),
      }),
      effect: 'pure',
      execute({ id, offset = 1 }, run) {
        const { tasks } = planOf(run)
        const index = id === undefined ? undefined : indexOf(tasks, id)
        return page(index === undefined ? tasks : tasks.slice(index, endOf(tasks, index)), offset)
      },
    }),

    sign_off: defineTool({
      description: 'Asks a person to sign a task off, and closes it if they do.',
      input: Type.Object({
        id,
        summary: Type.String({
          minLength: 1,
          maxLength: 1000,
          description: 'What was done, for that person.',
        }),
      }),
      approval: true,
      execute({ id, summary }, run) {
        const plan = planOf(run)
        plan.tasks = signOff(plan.tasks, id, summary)
        return `Task ${id} is signed off and done.`
      },
    }),

    remove: defineTool({
      description: 'Removes a task that is done or dropped, with all below it. Its notes go with it.',
      input: Type.Object({ id }),
      execute({ id }, run) {
        const plan = planOf(run)
        const before = plan.tasks.length
        plan.tasks = remove(plan.tasks, id)
        return `Removed ${before - plan.tasks.length} of ${before} tasks.`
      },
    }),
  },
})

/** What this package contributes. */
export const plugin = definePlugin({
  name: '@retinue/plugin-planning',
  version: '0.1.0',
  contributes: [WorkPlan, PlanningSection, planning],
})

function planOf({ home }: RunContext): WorkPlan {
  return home.context.$get(WorkPlan)
}

const tasksOfPage = 100

function page(tasks: readonly Task[], offset: number): string {
  if (tasks.length === 0) return 'Nothing is planned.'
  if (offset > tasks.length)
    return `There are ${tasks.length} tasks: give an offset from 1 to ${tasks.length}.`
  const shown = tasks.slice(offset - 1, offset - 1 + tasksOfPage)
  const end = offset - 1 + shown.length
  const title = `Tasks ${offset}–${end} of ${tasks.length}${end < tasks.length ? `; continue with offset ${end + 1}` : ''}`
  return `${title}\n${details(shown)}`
}
