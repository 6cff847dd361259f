// The second half of the agent's build, run in its folder, the first being its declarations: one file of all its rooms, but for those of
// the offline model, which are loaded when it is called, and stand where their source does.
import { relative } from 'node:path'
import { bundle } from './bundle.ts'

await bundle({
  input: 'src/index.ts',
  output: {
    dir: 'dist',
    chunkFileNames: ({ facadeModuleId }) => relative('src', facadeModuleId!).replace(/ts$/, 'js'),
  },
})
