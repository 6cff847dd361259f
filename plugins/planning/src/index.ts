// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './planning.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { type planning, type PlanningSection, plugin, type WorkPlan } from './planning.ts'

declare module '@retinue/kernel' {
  interface ContextTypes {
    plan: WorkPlan
  }
  interface SectionTypes {
    planning: PlanningSection
  }
  interface ToolsetTypes {
    planning: typeof planning
  }
}

register(plugin)

export { errorCodes, type PlanningErrorCode } from './errors.ts'
export type { State, Task } from './plan.ts'
export * from './planning.ts'
