// The thread in which files are read and statements run: the first question brings the files, and all others are about
// them. Whatever takes too long in it is ended with it, in the middle of a single call if need be.
import { parentPort } from 'node:worker_threads'
import { LoadedFiles } from './loaded-files.ts'
import { Problem } from './problem.ts'
import type { Reply, Request } from './request.ts'

let loaded: LoadedFiles | undefined

async function reply(request: Request): Promise<Reply> {
  try {
    loaded ??= await LoadedFiles.load(request.files, request.limits)
    return await loaded.answer(request)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { code: error.code, what: error.message, hint: error.hint }
  }
}

parentPort!.on('message', (request: Request) => {
  void reply(request).then((answer) => parentPort!.postMessage(answer))
})
