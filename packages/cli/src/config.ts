// What `retinue.config.ts` may say. Every field is optional; flags of the command line go first.
import type { ModelOption, RunOptions } from '@retinue/agent'
import type { AgentConfig, AgentOptions, BagContents } from '@retinue/kernel'
import type { RecordStore } from '@retinue/store'

/** The configuration of the command. */
export interface RetinueConfig {
  /**
   * The model of agents that name none: `openai/gpt-5`, an instance of a provider package, or several, the best first.
   * @default what RETINUE_MODEL names, or the offline model
   */
  readonly model?: ModelOption
  /** The agent to talk to where the command line names none. @default the first one */
  readonly agent?: string
  /** Agents or what they are made of, beside those in `agents/*.md`. @default one with every registered toolset */
  readonly agents?: readonly (AgentConfig | Omit<AgentOptions, 'registry'>)[]
  /** Who you are, and what you have set: `{ id: 'ada', config: { workspace: { maxLines: 200 } } }`. */
  readonly user?: BagContents & { readonly id?: string }
  /**
   * How runs go: limits, time limits, retries, settings of the model, hooks. Without an `approvalPolicy` you are asked
   * before a file is written.
   */
  readonly run?: Omit<RunOptions, 'model' | 'signal' | 'parent' | 'onBusy' | 'approve'>
  /** Where sessions are kept, from the folder of this file. @default '.retinue' */
  readonly dataFolder?: string
  /** Opens a store to keep sessions in instead: `() => postgresStore(process.env.DATABASE_URL)`; `--data` goes first. */
  readonly store?: () => RecordStore | Promise<RecordStore>
  /** Whether the plugins that come with the command are loaded. @default true */
  readonly defaultPlugins?: boolean
}

/**
 * Gives a configuration its type. Plugins are loaded by importing them.
 *
 * @example
 * import '@retinue/plugin-clock'
 * import { defineConfig } from 'retinue'
 *
 * export default defineConfig({ model: 'openai/gpt-5', agents: [{ name: 'guide', tools: ['clock'] }] })
 */
export function defineConfig(config: RetinueConfig): RetinueConfig {
  return config
}
