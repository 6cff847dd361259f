// The entry of the package: importing it registers the plugin, and types dot access to what it contributes.
// All else is pure; import './skills.ts' alone has no effect.
import { register } from '@retinue/kernel'
import { plugin, type skills, type SkillsConfig, type SkillsSection } from './skills.ts'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    skills: SkillsConfig
  }
  interface SectionTypes {
    skills: SkillsSection
  }
  interface ToolsetTypes {
    skills: typeof skills
  }
}

register(plugin)

export { errorCodes, type SkillsErrorCode } from './errors.ts'
export { findSkills, type Found, type Skill } from './find-skills.ts'
export * from './skills.ts'
