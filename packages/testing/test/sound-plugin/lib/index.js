// The entry: importing it registers the plugin.
import { register } from '@retinue/kernel'
import { plugin } from './bell.js'

register(plugin)

export * from './bell.js'
