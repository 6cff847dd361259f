// `retinue doctor`: tells what was found, and fails where something is wrong.
import { exitCodes } from '../exit-codes.ts'
import { examine, type ExaminationOptions, type Finding } from '../examination.ts'
import { counted } from '../figures.ts'
import { safeJson, safeText } from '../terminal/safe-text.ts'
import { type Style, styleFor } from '../terminal/style.ts'
import { wrapped } from '../terminal/wrapped.ts'

/** The flags of the doctor. */
export interface DoctorFlags extends ExaminationOptions {
  readonly json?: boolean
}

/** Examines everything; gives the exit code. */
export async function doctor(flags: DoctorFlags): Promise<number> {
  const findings = await examine(flags)
  const problems = findings.filter(({ status }) => status === 'problem')
  const text =
    flags.json === true
      ? safeJson({ ok: problems.length === 0, findings })
      : wrapped(describeFindings(findings, problems.length, styleFor(process.stdout)), process.stdout)
  process.stdout.write(`${text}\n`)
  return problems.length === 0 ? exitCodes.done : exitCodes.failed
}

function describeFindings(findings: readonly Finding[], problems: number, style: Style): string {
  const sign = { fine: style.green('✓'), note: style.dim('·'), problem: style.red('✗') }
  const lines = findings.flatMap(({ area, status, text }, i) => {
    const line = status === 'note' ? style.dim(safeText(text)) : safeText(text)
    const heading = findings[i - 1]?.area === area ? [] : [style.bold(area)]
    return [...heading, `  ${sign[status]} ${line}`]
  })
  const end = problems === 0 ? style.green('All is well.') : style.red(`${counted(problems, 'problem')}.`)
  return [...lines, end].join('\n')
}
