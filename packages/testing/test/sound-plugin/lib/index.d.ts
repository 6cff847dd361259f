import type { bell, BellConfig, BellSection, HouseRules, Rings } from './bell.js'

declare module '@retinue/kernel' {
  interface ConfigTypes {
    bell: BellConfig
  }
  interface ContextTypes {
    rings: Rings
  }
  interface SectionTypes {
    bell: BellSection
    houseRules: HouseRules
  }
  interface ToolsetTypes {
    bell: typeof bell
  }
}

export * from './bell.js'
