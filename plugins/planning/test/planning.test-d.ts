// What the types promise to whoever imports the package.
import type { ChatSession } from '@retinue/kernel'
import { test } from 'vitest'
import '../src/index.ts'
import { type Task, WorkPlan } from '../src/index.ts'

declare const session: ChatSession

test('the plan is reached by dot and by class, and its tasks are read-only', () => {
  session.context.plan.tasks satisfies readonly Task[]
  session.context.$get(WorkPlan).lastId satisfies number
  session.sections.planning.maxTasks = 5
  session.context.plan.tasks = [{ id: 1, level: 0, title: 'a', state: 'todo' }]
  // @ts-expect-error there is no such state
  session.context.plan.tasks = [{ id: 1, level: 0, title: 'a', state: 'perhaps' }]
  // @ts-expect-error a list of an item is replaced, never changed inside
  session.context.plan.tasks.push({ id: 1, level: 0, title: 'a', state: 'todo' })
})
