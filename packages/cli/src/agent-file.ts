// Agents as files: `agents/guide.md` holds front matter (name, model, tools) and the instructions. They are data, which
// anybody may write: the instructions are filled in by the interpreter that runs no code.
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type AgentOptions, checkOptions, type KnownOptions, option, RetinueError } from '@retinue/kernel'
import { reasonOf } from './failure.ts'

/** An agent that a file describes. */
export type AgentFile = Pick<AgentOptions, 'name' | 'model' | 'tools' | 'instructions'> & {
  readonly file: string
}

/**
 * Reads the agents of a folder, in the order of their names; none where there is no such folder. A README.md is about
 * the folder.
 * @throws {RETINUE_CLI_AGENT_FILE}
 */
export async function readAgentFiles(folder: string): Promise<readonly AgentFile[]> {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.md') && !/^readme\.md$/i.test(name))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
  if (names.length === 0) return []
  const [{ VFile }, { matter }] = await Promise.all([import('vfile'), import('vfile-matter')])
  return names.sort().map((name) => {
    const path = join(folder, name)
    const value = readText(path)
    const file = new VFile({ path, value })
    try {
      matter(file, { strip: true })
    } catch (cause) {
      throw unusable(path, `its front matter is no YAML: ${whyNoYaml(cause)}`, cause)
    }
    const instructions = String(file)
    if (instructions === value && /^---\s/.test(value)) {
      throw unusable(path, 'nothing closes the front matter that its first line opens')
    }
    return agentOf(path, (file.data.matter ?? {}) as object, instructions.trim())
  })
}

/** What is wrong, and where in the file: YAML counts from the line below the first one. */
function whyNoYaml(cause: unknown): string {
  const [what = ''] = reasonOf(cause).split('\n')
  return what.replace(
    / at line (\d+), column (\d+):$/,
    (_all, line: string, column: string) => ` (line ${Number(line) + 1}, column ${column})`,
  )
}

/** The text of a file, without the mark that some editors begin one with, and the blanks that hide beside ---. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
      .replace(/^\uFEFF/, '')
      .replace(/^---[ \t]+$/gm, '---')
  } catch (cause) {
    throw unusable(path, `it can't be read: ${reasonOf(cause)}`, cause)
  }
}

function agentOf(file: string, front: object, instructions: string): AgentFile {
  checkOptions(`The front matter of ${file}`, front, frontMatter, 'RETINUE_CLI_AGENT_FILE')
  const { name = basename(file, '.md'), model, tools } = front as Partial<AgentFile>
  return {
    file,
    name,
    ...(model !== undefined && { model }),
    ...(tools !== undefined && { tools }),
    ...(instructions !== '' && { instructions }),
  }
}

const frontMatter: KnownOptions<Pick<AgentFile, 'name' | 'model' | 'tools'>> = {
  name: option.name,
  model: option.name,
  tools: ['a list of names', (tools) => Array.isArray(tools) && tools.every((tool) => option.name[1](tool))],
}

function unusable(file: string, why: string, cause?: unknown): RetinueError {
  return new RetinueError('RETINUE_CLI_AGENT_FILE', `${file} describes no agent: ${why}.`, {
    hint: 'Between two lines of --- stand name, model and tools (a list of names); below them the instructions.',
    details: { file },
    cause,
  })
}
