// What `retinue chat`, `run`, `inspect` and `doctor` work with.
import { defineConfig } from 'retinue'
import { guide } from './src/agent.ts'

export default defineConfig({ agents: [guide], defaultPlugins: false })
