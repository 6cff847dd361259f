// A real terminal, by tmux: types keys, reads the screen. It waits for what it is told to wait for, never for a time.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { command } from './command.ts'

/** Whether there is a tmux here. */
export const hasTmux = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'tmux')))

/** How a terminal is opened. */
export interface TerminalOptions {
  readonly cwd: string
  readonly columns?: number
  readonly rows?: number
  readonly env?: Readonly<Record<string, string>>
}

let count = 0

/** One terminal with the command in it. */
export class Terminal {
  readonly #socket = `retinue-test-${process.pid}-${count++}`

  constructor(args: readonly string[], { cwd, columns = 80, rows = 40, env = {} }: TerminalOptions) {
    const { words, variables: own } = command()
    const variables = Object.entries({ HOME: cwd, ...own, ...env }).flatMap(([name, value]) => [
      '-e',
      `${name}=${value}`,
    ])
    const size = ['-x', String(columns), '-y', String(rows)]
    const line = [...words, ...args].map((word) => `'${word}'`).join(' ')
    // The pane stays after the command has ended, so that its last words can be read. One that was stopped goes on with
    // the next line that is typed.
    const shell = `set -m; ${line}; echo "ended with $?"; read line; fg; echo "ended with $?"; exec sleep 600`
    this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, ...variables, shell)
  }

  /** Presses keys, by tmux's names for them. */
  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys)
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text)
  }

  /** Pastes a text, as terminals do: between marks. */
  paste(text: string): void {
    execFileSync('tmux', ['-L', this.#socket, 'load-buffer', '-'], { input: text })
    this.#tmux('paste-buffer', '-p')
  }

  /** What stands on the screen, with what has scrolled away. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-').trimEnd()
  }

  /** The process id of the command. */
  pid(): number {
    const pane = this.#tmux('display-message', '-p', '#{pane_pid}').trim()
    return Number(execFileSync('pgrep', ['-P', pane], { encoding: 'utf8' }).trim().split('\n')[0])
  }

  /** Whether the cursor is to be seen. */
  hasCursor(): boolean {
    return this.#tmux('display-message', '-p', '#{cursor_flag}').trim() === '1'
  }

  /** Waits until the screen shows that; gives the screen. */
  async shows(expected: string | RegExp): Promise<string> {
    for (let rounds = 0; rounds < 400; rounds++) {
      const screen = this.screen()
      if (typeof expected === 'string' ? screen.includes(expected) : expected.test(screen)) return screen
      await setTimeout(150)
    }
    throw new Error(`The terminal never showed ${String(expected)}:\n${this.screen()}`)
  }

  close(): void {
    this.#tmux('kill-server')
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...args], { encoding: 'utf8' })
  }
}
