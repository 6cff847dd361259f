// The public surface of create-retinue, for `retinue init` and for other makers of packages; people run its command.
export { createApplication, type ApplicationWishes } from './create-application.ts'
export { scaffoldApplication, type NewApplication } from './application.ts'
export { checkFolder, writeFolder } from './new-folder.ts'
export { readTemplate, type NewFiles } from './template.ts'
export { nextSteps } from './next-steps.ts'
export { whyNot } from './why-not.ts'
export { errorCodes, type CreateErrorCode } from './errors.ts'
