// The thread in which files are read and statements run. It does one thing and ends; whatever takes too long in it is
// ended with it, in the middle of a single call if need be.
import { parentPort, workerData } from 'node:worker_threads'
import { answer } from './answer.ts'
import { Problem } from './problem.ts'
import type { Reply, Request } from './request.ts'

const reply = await answer(workerData as Request).catch((error: unknown): Reply => {
  if (!(error instanceof Problem)) throw error
  return { code: error.code, what: error.message, hint: error.hint }
})
parentPort!.postMessage(reply)
