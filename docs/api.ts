// Keeps the reports of the public faces (docs/api/*.api.md) in step with the code, so that a change of a face shows
// in review. `pnpm api` writes them anew; with `--check` it fails where one is out of date. Wants a build first.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
const reports = join(root, 'docs', 'api')
mkdirSync(reports, { recursive: true })

const outdated = ['kernel', 'agent', 'store', 'testing'].filter((name) => !isCurrent(name))
if (outdated.length > 0 && check) {
  console.error(`The public face changed of: ${outdated.join(', ')}. Run pnpm api, and commit docs/api.`)
  process.exitCode = 1
}

function isCurrent(name: string): boolean {
  const folder = join(root, 'packages', name)
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, 'dist', 'index.d.ts'),
      newlineKind: 'lf',
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'nodenext',
            target: 'es2022',
            lib: ['es2023', 'esnext.disposable', 'dom'],
            types: [],
            skipLibCheck: true,
          },
          files: [join(folder, 'dist', 'index.d.ts')],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: reports,
        reportTempFolder: join(folder, 'node_modules', '.cache', 'api'),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  })
  const { apiReportChanged } = Extractor.invoke(config, { localBuild: !check, messageCallback: quiet })
  return !apiReportChanged
}

function quiet(message: { logLevel: ExtractorLogLevel; handled: boolean }): void {
  if (message.logLevel !== ExtractorLogLevel.Error) message.handled = true
}
